import { hostname } from 'node:os'
import { join } from 'node:path'
import type { PlatformError } from '@openzimki/core'
import type { Link, LinkListener } from '@openzimki/link'
import { DEFAULT_PRICES, parsePrivateKey } from '@openzimki/meter'
import type { RouteSource } from '@openzimki/placement'
import { collectGarbage } from '@openzimki/store'
import type { Express } from 'express'
import type { Knex } from 'knex'
import { AccountPolicy } from './account-policy.ts'
import { type BuiltServices, buildServices } from './build-services.ts'
import { composeMachines, type MachineParts } from './compose-machines.ts'
import type { ControlContext } from './control-context.ts'
import { type ControlOptions, type ControlTimings, DEFAULT_TIMINGS } from './control-options.ts'
import { Lease } from './database/lease.ts'
import { openDatabase } from './database/open-database.ts'
import { createApiApp } from './http/api-app.ts'
import type { Reconciler } from './machines/reconciler.ts'
import { LogStore } from './metering/log-store.ts'
import { ReadingSealer } from './metering/reading-sealer.ts'
import { ensureOperator, newOperatorToken, type Operator } from './operator.ts'
import { Rounds } from './rounds.ts'
import { RoutePublisher } from './routing/route-publisher.ts'
import { RouteRefresh } from './routing/route-refresh.ts'
import { SecretBox } from './secret-box.ts'
import type { Services } from './services.ts'

/** Counted windows are remembered this long; a cell's spool is never older. */
const WINDOWS_KEPT_MS = 30 * 24 * 3_600_000
/** What an agent has to drain its cells and ship their meters. */
const MACHINE_STOP_MS = 5_000
/** A platform that was killed is known to the database to be gone within this. */
const LEASE_WAIT_MS = 35_000
const GARBAGE_EVERY_MS = 3_600_000
/** Longer than anything takes from uploading a file to deploying it. */
const GARBAGE_GRACE_MS = 24 * 3_600_000

/** The control plane. */
export interface Control {
  services: Services
  /** For gateways. */
  routes: RouteSource
  reconciler: Reconciler
  /** Mount it at the root: its paths start with `/api/v1`. */
  apiApp: Express
  /** Takes agents on `unix:<path>`, `tls:<host>:<port>` or, of this machine alone, `tcp:<host>:<port>`. Call it before `start`, whose machines dial it. */
  listenAgents(address: string): Promise<LinkListener>
  /** For gateways: a link to a cell at the address that its route names, on this host or another. */
  connectCell(address: string): Promise<Link>
  /** A machine that somebody else starts: the token with which its agent joins. */
  addMachine(id: string): Promise<string>
  /** Finishes what a crash left half done, launches a machine, starts the rounds. */
  start(): Promise<void>
  /** At the first start the operator and its token; null when there is one already. */
  ensureOperator(): Promise<Operator | null>
  /** A further token for the operator, when the first was lost. */
  newOperatorToken(): Promise<Operator | null>
  /** Signs the readings of all hours that are over; the number made. Rounds do it too. */
  sealReadings(): Promise<number>
  /** Ends the API's streams of events, which nobody else ends: what drains before control is closed does not wait for them. */
  endStreams(): void
  /** Stops its machines in order, takes their last meters, then closes. With `keepMachines` they live on. */
  close(options?: { keepMachines?: boolean }): Promise<void>
}

interface ControlParts extends BuiltServices {
  options: ControlOptions
  context: ControlContext
  timings: ControlTimings
  logDb: Knex
  publisher: RoutePublisher
  policy: AccountPolicy
  logs: LogStore
  routes: RouteRefresh
  machines: MachineParts
  sealer: ReadingSealer
}

/** Opens the databases and puts the control plane together. Nothing acts before `start`. */
export async function createControl(options: ControlOptions): Promise<Control> {
  const { state = null, directory } = options
  const lease = state === null ? {} : { lease: new Lease(leaseOf(options)) }
  const location = state ?? join(directory, 'control.sqlite')
  const db = await openDatabase({ location, schema: 'control', synchronous: 'FULL', ...lease })
  const logs = state ?? join(directory, 'logs.sqlite')
  const logDb = await openDatabase({ location: logs, schema: 'logs', synchronous: 'NORMAL' }).catch(
    async (error) => {
      await db.destroy()
      throw error
    },
  )
  const parts = compose(options, db, logDb)
  await parts.policy.load(db)
  await parts.routes.all()
  return controlOf(options, parts)
}

/** Without `onDeposed` the errors of all that control does say it. */
const leaseOf = ({
  holder = `process ${process.pid} on ${hostname()}`,
  standbyMs = LEASE_WAIT_MS,
  onDeposed,
}: ControlOptions) => ({
  holder,
  waitMs: standbyMs,
  onLost: (error: PlatformError) => onDeposed?.(error),
})

function compose(options: ControlOptions, db: Knex, logDb: Knex): ControlParts {
  const { clock, randomUUID, log, objects, refs } = options
  const context = { db, clock, randomUUID, log }
  const timings = { ...DEFAULT_TIMINGS, ...options.timings }
  const publisher = new RoutePublisher(options.baseDomains)
  const policy = new AccountPolicy({
    floor: options.isolationFloor ?? 'process',
    pathForm: options.pathForm ?? 'all',
    borders: (options.machines?.pools ?? []).map(({ provider }) => provider.manifest.isolation),
  })
  const routes = new RouteRefresh(db, publisher, policy)
  const logs = new LogStore(logDb, () => clock.nowMs(), options.logLines)
  const box = new SecretBox(options.capabilitySecret)
  const machines = composeMachines({ context, options, timings, publisher, logs, box, policy })
  const built = buildServices({ context, options, machines, publisher, routes, logs, box, policy })
  const sealer = new ReadingSealer({
    ...{ context, objects, refs },
    provider: options.providerName,
    privateKey: parsePrivateKey(options.signingKey.privateKeyPem),
    price: options.price ?? DEFAULT_PRICES,
    lagMs: timings.sealLagMs,
  })
  return { ...built, options, context, timings, logDb, publisher, policy, logs, routes, machines, sealer }
}

function controlOf(options: ControlOptions, parts: ControlParts): Control {
  const { context, services, publisher, machines, sealer } = parts
  const rounds = new Rounds(context.log)
  const listeners: LinkListener[] = []
  const ending = new AbortController()
  let closing: Promise<void> | null = null
  return {
    services,
    reconciler: machines.reconciler,
    routes: {
      current: () => publisher.current(),
      subscribe: (onChange) => publisher.subscribe(onChange),
      demand: (realm) => machines.reconciler.demand(realm),
    },
    apiApp: createApiApp({
      ...{ services, randomUUID: options.randomUUID, log: context.log },
      ending: ending.signal,
    }),
    endStreams: () => ending.abort(),
    listenAgents: async (address) => {
      const listener = await machines.hub.listen(address)
      listeners.push(listener)
      return listener
    },
    connectCell: (address) => machines.relays.connect(address),
    addMachine: (id) => machines.registry.add(id),
    start: () => start(parts, rounds),
    ensureOperator: () => ensureOperator(context, services),
    newOperatorToken: () => newOperatorToken(context, services),
    sealReadings: () => sealer.seal(),
    close: ({ keepMachines = false } = {}) => {
      closing ??= close(parts, rounds, listeners, keepMachines)
      return closing
    },
  }
}

/** Machines first, while their agents can still report. */
async function close(
  { machines, publisher, context, logDb }: ControlParts,
  rounds: Rounds,
  listeners: LinkListener[],
  keepMachines: boolean,
): Promise<void> {
  await rounds.close()
  await machines.keeper?.close(keepMachines ? null : MACHINE_STOP_MS)
  for (const listener of listeners) await listener.close()
  publisher.close()
  await context.db.destroy()
  await logDb.destroy()
}

async function start(parts: ControlParts, rounds: Rounds): Promise<void> {
  const { context, timings, machines, remover, throwaways, sealer, logs } = parts
  await remover.resume()
  await throwaways.sweepAll()
  await machines.keeper?.start()
  rounds.add('Reconciliation', timings.tickMs, () => machines.reconciler.tick())
  rounds.add('Sealing of readings', timings.sealMs, async () => {
    await sealer.seal()
    const beforeMs = context.clock.nowMs() - WINDOWS_KEPT_MS
    await machines.usage.prune(beforeMs)
    await logs.forgetSources(beforeMs)
  })
  const { blobs, refs, clock } = parts.options
  rounds.add('Collection of unused files', GARBAGE_EVERY_MS, () =>
    collectGarbage({ blobs, refs, clock, graceMs: GARBAGE_GRACE_MS }),
  )
}
