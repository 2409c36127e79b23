import { randomUUID } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  AGENT_ENV,
  agentStateDir,
  type CellUserRange,
  hardenCellCommand,
  leftSpools,
  STORE_BY_RELAY,
} from '@openzimki/agent'
import {
  type Control,
  createControl,
  type MachineOptions,
  type PoolSettings,
  parsePools,
} from '@openzimki/control'
import { PlatformError, type RequestHead, type ResponseHead, systemClock } from '@openzimki/core'
import { createGateway, type Gateway } from '@openzimki/gateway'
import { type Identity, openIdentityFile } from '@openzimki/link'
import { generateSigningKey } from '@openzimki/meter'
import { ensurePreludes } from '@openzimki/runtime'
import { connectStore, signCapability } from '@openzimki/store'
import { isNear, openAgentsDoor, requireDoor } from './agents-door.ts'
import { cellCommand } from './cell-command.ts'
import { type DataDirectory, openDataDirectory, openToCells, readSecret } from './data-directory.ts'
import { lockData } from './data-lock.ts'
import { ownerOf } from './installation-owner.ts'
import type { Log } from './log.ts'
import { AGENT_ENTRY, AGENT_PROGRAM, ensurePrograms, type MachinePrograms } from './machine-programs.ts'
import { refuseMovedState } from './moved-marker.ts'
import { NODE_FLAGS } from './node-flags.ts'
import { openPools } from './open-pools.ts'
import { proxyTrust } from './proxy-trust.ts'
import { readSigningKey } from './signing-key-file.ts'
import { startStore } from './start-store.ts'
import type { UpOptions } from './up-options.ts'

const DAY_MS = 24 * 60 * 60_000
const YEAR_MS = 366 * 24 * 3_600_000

/** A running platform. */
export interface Platform {
  /** Origin under which people reach it. */
  url: string
  /** The same from this machine, whatever stands before it. */
  localUrl: string
  port: number
  data: DataDirectory
  control: Control
  gateway: Gateway
  /** Ends everything in order: requests finish, meters are taken. */
  close(): Promise<void>
}

/**
 * Puts a whole platform together on one machine; the only place that names adapters. `tell` hears which part has begun, for people who
 * wait.
 */
export async function composePlatform(
  options: UpOptions,
  log: Log,
  version: string,
  tell: (part: string) => void = () => undefined,
): Promise<Platform> {
  const data = await openDataDirectory(options.data)
  const lock = await lockData(data.lockFile)
  const closers: (() => Promise<void>)[] = [() => lock.release()]
  try {
    if (options.state === null) await refuseMovedState(data.movedFile)
    return await startParts(options, log, version, data, closers, tell)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

async function startParts(
  options: UpOptions,
  log: Log,
  version: string,
  data: DataDirectory,
  closers: (() => Promise<void>)[],
  tell: (part: string) => void,
): Promise<Platform> {
  const users = cellUsersOf(options)
  if (users) await openToCells(data, users.gid)
  const secret = await readSecret(data, 'capability-secret')
  const addresses: Addresses = {
    ...{ store: `unix:${data.doors}/store.sock`, control: `unix:${data.doors}/control.sock` },
    door: null,
  }
  const identity = await openIdentityFile(data.controlKey)
  const { blobs } = options
  tell('Opening the store')
  const [preludes, programs] = await Promise.all([
    ensurePreludes(data.cache),
    ensurePrograms(data.cache),
    startStore(
      {
        ...{ data, database: options.state ?? data.store, address: addresses.store, secret, users, log },
        ...{ blobs, owner: ownerOf(identity) },
      },
      closers,
    ),
  ])
  const store = connectStore(addresses.store, controlCapability(secret))
  closers.push(() => store.close())

  let gateway: Gateway | null = null
  let url = ''
  tell(options.standbyMs === undefined ? 'Opening the state' : 'Standing by')
  const control = await createControl({
    ...{ state: options.state, standbyMs: options.standbyMs, onDeposed: options.onDeposed },
    onSpareCell: (cell) => gateway?.greet(cell),
    ...{ directory: data.root, version, clock: systemClock, randomUUID, log },
    ...{ objects: store.objects, blobs: store.blobs, refs: store.refs },
    baseDomains: options.baseDomains,
    publicUrl: () => url,
    capabilitySecret: secret,
    signingKey: await readSigningKey(data, generateSigningKey),
    identity,
    providerName: options.name,
    ...{ isolationFloor: options.isolationFloor, pathForm: options.pathForm },
    ...(options.tempo ? { timings: options.tempo.timings } : {}),
    machines: await machinesOf(
      options,
      data,
      addresses,
      identity,
      { snapshots: [preludes.script, preludes.module], programs },
      users,
      log,
      closers,
    ),
    storeAddress: addresses.store,
    invoke: (head, body) => invokeThrough(gateway, head, body),
  })
  closers.push(() => control.close())
  await control.listenAgents(addresses.control)
  addresses.door = await openAgentsDoor(control, options)
  gateway = gatewayOf(control, options, log)
  closers.push(async () => {
    control.endStreams()
    await gateway!.close()
  })
  const { port } = await gateway.listen({ host: options.host, port: options.port })
  const localUrl = `http://${reachableName(options.host)}:${port}`
  url = options.publicUrl ?? localUrl
  tell('Starting machines')
  await control.start()
  return { url, localUrl, port, data, control, gateway, close: () => closeAll(closers) }
}

const gatewayOf = (control: Control, options: UpOptions, log: Log): Gateway =>
  createGateway({
    routes: control.routes,
    connect: (address) => control.connectCell(address),
    clock: systemClock,
    log,
    fallback: (request, response) => showTheWay(request, response, options.baseDomains[0]!),
    trustProxy: proxyTrust(options.trustedProxies),
    reserved: [{ prefix: '/api/', handle: (request, response) => void control.apiApp(request, response) }],
  })

/** `localhost` where that reaches it, because realms answer at names below it. */
function reachableName(host: string): string {
  if (['0.0.0.0', '::', '127.0.0.1', '::1', 'localhost'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** The last that was opened is closed first. One that fails does not keep the others open. */
async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of closers.splice(0).reverse()) await close().catch((error) => failures.push(error))
  if (failures.length > 0) throw PlatformError.from(failures[0])
}

/** The same one for a day, so that both sides need not work it out for each call. */
function controlCapability(secret: Buffer): () => string {
  let signed = { token: '', untilMs: 0 }
  return () => {
    const nowMs = Date.now()
    if (nowMs < signed.untilMs) return signed.token
    const head = { realm: '*', deployment: '*', role: 'control', epoch: 1 } as const
    const token = signCapability({ ...head, expiresAtMs: nowMs + YEAR_MS }, secret)
    signed = { token, untilMs: nowMs + DAY_MS }
    return token
  }
}

/** What machines with the files of this installation run. */
interface MachineCargo {
  snapshots: string[]
  programs: MachinePrograms
}

async function machinesOf(
  options: UpOptions,
  data: DataDirectory,
  addresses: Addresses,
  identity: Identity,
  { snapshots, programs }: MachineCargo,
  range: CellUserRange | null,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<MachineOptions> {
  if (range) for (const path of snapshots) await chmod(path, 0o644)
  const { command, hardening, users, whyOwnUser } = await hardenCellCommand(
    cellCommand({
      ...{ runDir: RUN_DIR, cache: data.cache, program: programs.cell, snapshots },
      storeSocket: `${data.doors}/store.sock`,
    }),
    range ?? undefined,
  )
  if (range && !users) log('warn', 'Cells run as the platform’s own user, which is root', { why: whyOwnUser })
  const agent = { command: [process.execPath, ...NODE_FLAGS, AGENT_ENTRY], hardening }
  const sockets = { doorsDir: data.doors, runDir: data.run }
  const wanted = options.pools === null ? [onePool(options)] : parsePools(options.pools)
  const stateDirOf = (pool: string) => (options.pools === null ? data.machines : `${data.machines}-${pool}`)
  const shared = { owner: ownerOf(identity), agent, sockets }
  const pools = await openPools(wanted, shared, stateDirOf, closers)
  requireDoor(pools, options)
  const { egressAllow, meter, spareCells: spares, tempo } = options
  const settings = { egressAllow, meter, spares, ...(tempo ? { smoothMs: tempo.smoothMs } : {}) }
  const runDirOf = (id: string) => `${data.run}/${id.slice(0, 10)}`
  const nearEnv = (id: string) => ({
    [AGENT_ENV.control]: addresses.control,
    [AGENT_ENV.runDir]: runDirOf(id),
    [AGENT_PROGRAM]: programs.agent,
    [AGENT_ENV.store]: addresses.store,
    [AGENT_ENV.cellCommand]: JSON.stringify(command.map((word) => word.replace(RUN_DIR, runDirOf(id)))),
    [AGENT_ENV.settings]: JSON.stringify({ ...settings, ...(users ? { cellUsers: users } : {}) }),
  })
  // Where its sockets are, how it starts cells and as whom, a machine with other files knows itself.
  const farEnv = () => ({
    [AGENT_ENV.control]: addresses.door ?? '',
    [AGENT_ENV.store]: STORE_BY_RELAY,
    [AGENT_ENV.settings]: JSON.stringify(settings),
  })
  const near = new Set(pools.filter(isNear).map(({ name }) => name))
  return {
    pools,
    env: ({ id, joinToken, pool }) => ({
      [AGENT_ENV.controlKey]: identity.publicKey,
      [AGENT_ENV.machine]: id,
      [AGENT_ENV.joinToken]: joinToken,
      ...(near.has(pool) ? nearEnv(id) : farEnv()),
    }),
    leftBehind: (id) => leftSpools(agentStateDir(runDirOf(id)), runDirOf(id)),
  }
}

/** Null: cells run as the platform does, since only root may choose. */
function cellUsersOf({ cellUsers }: UpOptions): CellUserRange | null {
  if (cellUsers === null || process.platform !== 'linux' || process.getuid?.() !== 0) return null
  const { first, last } = cellUsers
  return { gid: first, firstUid: first + 1, count: last - first }
}

interface Addresses {
  store: string
  control: string
  /** Told to machines elsewhere; null: there are none. */
  door: string | null
}

/** What an operator gets who says nothing: one machine, and never more, but for its successor. */
const onePool = ({ provider, providerConfig }: UpOptions): PoolSettings => ({
  ...{ name: 'default', provider, config: providerConfig, zone: null },
  ...{ group: null, floor: 1, ceiling: 1, spares: 0, prepared: 0, priceCeiling: null },
})

/** Who opens the platform's bare address is led to the page that greets newcomers. */
function showTheWay(request: IncomingMessage, response: ServerResponse, baseDomain: string): void {
  const port = /:\d+$/.exec(request.headers.host ?? '')?.[0] ?? ''
  if (request.url === '/') response.writeHead(302, { location: `//welcome.${baseDomain}${port}/` }).end()
  else
    response
      .writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      .end('There is nothing at this address.\n')
}

/** Stands for the folder of its machine in the command of a cell. */
const RUN_DIR = '{runDir}'

function invokeThrough(
  gateway: Gateway | null,
  head: RequestHead,
  body: Uint8Array,
): Promise<{ head: ResponseHead; body: Uint8Array }> {
  if (gateway) return gateway.invoke(head, body)
  return Promise.reject(new PlatformError('UNAVAILABLE', 'the platform is still starting: try again'))
}
