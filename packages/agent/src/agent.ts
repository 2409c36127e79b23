import { randomUUID } from 'node:crypto'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@openzimki/core'
import { type Identity, openIdentityFile } from '@openzimki/link'
import { calibrateJsop } from '@openzimki/meter'
import { type AgentConfig, orphanMs, STORE_BY_RELAY } from './agent-config.ts'
import { agentHandlers } from './agent-handlers.ts'
import { type HardenedCommand, hardenCellCommand } from './cell-command.ts'
import { createSpawner, type OpenStoreDoor, removeRunDir } from './cell-spawner.ts'
import { CellUsers } from './cell-users.ts'
import { ControlClient } from './control-client.ts'
import { LogForwarder } from './log-forwarder.ts'
import { openSpools } from './machine-spools.ts'
import { watchNotices } from './notice-watcher.ts'
import { processCpuMs } from './process-cpu.ts'
import { Relay } from './relay.ts'
import { rssBytes } from './rss-bytes.ts'
import { Supervisor } from './supervisor.ts'
import { UsageForwarder } from './usage-forwarder.ts'

export interface AgentOptions {
  config: AgentConfig
  version: string
  clock: Clock
  /** For the machine's own log, one line each. */
  note(text: string): void
}

export interface Agent {
  /** Resolves with the reason when the agent has ended, its cells with it. */
  readonly ended: Promise<string>
  /** Drains the cells, ships what they measured and ends. May be repeated. */
  end(reason: string): Promise<void>
}

const LOG_INTERVAL_MS = 100
const USAGE_RETRY_MS = 1_000
/** A cell that wants the store while control is away waits this long; it comes again by itself. */
const JOINED_WAIT_MS = 5_000

/**
 * Starts an agent: cells are kept ready at once, control is dialled until it answers. Rejects with INVALID_ARGUMENT for a
 * configuration that cannot work.
 */
export async function createAgent({ config, version, clock, note }: AgentOptions): Promise<Agent> {
  const { settings } = config
  // Its processes run while this one calibrates.
  const hardened = hardenCellCommand(config.cellCommand, settings.cellUsers)
  const jsopNs = settings.jsopNs ?? calibrateJsop()
  const identity = await openIdentityFile(join(config.stateDir, 'agent-key.pem'))
  const relay = relayOf(config, identity, () => control.online(JOINED_WAIT_MS), note)
  const spawnCell = await openSpawner(config, await hardened, relay, jsopNs)
  const { usage, logs } = await createForwarders(config, clock, note, () => control)
  const supervisor = new Supervisor({
    settings,
    spawnCell,
    nowMs: () => clock.monotonicMs(),
    rssBytes,
    cpuMs: processCpuMs,
    onUsage: (cell, window) => usage.add(window, () => cell.acknowledge(window.sequence)),
    onLog: (_, entries) => logs.add(entries),
    // Without it the first request into that cell waits for a link.
    onSpare: (spare) => void control.call('cell.spare', spare).catch(() => undefined),
    onGone: (gone) => {
      control
        .call('cell.gone', gone)
        .catch((error: Error) => note(`cell.gone was not told: ${error.message}`))
    },
    note,
  })
  const control: ControlClient = new ControlClient({
    address: config.control,
    controlKey: config.controlKey,
    identity,
    joinToken: config.joinToken,
    facts: {
      machine: config.machine,
      version,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      jsopNs,
    },
    handlers: agentHandlers(supervisor, usage, logs, relay),
    orphanMs: orphanMs(config),
    onOnline: () => {
      note('joined control')
      usage.online()
      logs.online()
    },
    onOffline: () => {
      usage.offline()
      logs.offline()
    },
    onOrphaned: (reason) => void end(reason),
    note,
  })
  const stopTimers = startTimers(supervisor, usage, logs, settings.pingMs, clock, note)
  const stopNotices = watchNoticesOf(config, () => control, note)
  const gate = Promise.withResolvers<string>()
  let ending: Promise<void> | null = null
  const end = (reason: string): Promise<void> => {
    ending ??= endAll(reason)
    return ending
  }
  const endAll = async (reason: string): Promise<void> => {
    note(`the agent ends: ${reason}`)
    usage.ending()
    await supervisor.drain(reason)
    stopTimers()
    stopNotices()
    await Promise.all([usage.flush(), logs.flush()])
    control.close()
    relay?.close()
    await removeRunDir(config.runDir)
    gate.resolve(reason)
  }
  supervisor.start()
  control.start()
  return { ended: gate.promise, end }
}

/** What starts cells, as well apart as the machine allows. */
async function openSpawner(
  config: AgentConfig,
  { command, users }: HardenedCommand,
  relay: Relay | null,
  jsopNs: number,
) {
  const { runDir, settings } = config
  return createSpawner({
    command,
    runDir,
    store: storeOf(config, relay),
    jsopNs,
    egressAllow: settings.egressAllow,
    meter: settings.meter,
    cellEnv: settings.cellEnv,
    users: users && new CellUsers(users),
  })
}

/** The store's address, or what makes one for each cell. */
function storeOf({ store }: AgentConfig, relay: Relay | null): string | OpenStoreDoor {
  if (store !== STORE_BY_RELAY || !relay) return store
  return (path, user) => relay.openStoreDoor(path, user)
}

/** Null: this machine shares the platform's own sockets. */
function relayOf(
  { control: address, controlKey, machine }: AgentConfig,
  identity: Identity,
  joined: () => Promise<void>,
  note: (text: string) => void,
): Relay | null {
  if (!address.startsWith('tls:')) return null
  return new Relay({ address, controlKey, identity, machine, joined, note })
}

function watchNoticesOf(
  { notices }: AgentConfig,
  control: () => ControlClient,
  note: (text: string) => void,
): () => void {
  if (notices === undefined) return () => undefined
  return watchNotices({ source: notices, tell: (notice) => control().call('machine.notice', notice), note })
}

/** What brings meters and logs to control, or keeps them for it. */
async function createForwarders(
  { stateDir }: AgentConfig,
  clock: Clock,
  note: (text: string) => void,
  control: () => ControlClient,
): Promise<{ usage: UsageForwarder; logs: LogForwarder }> {
  const spools = await openSpools(stateDir)
  const usage = new UsageForwarder({
    report: (window) => control().call('usage.report', window),
    spool: spools.usage,
    note,
  })
  const logs = new LogForwarder({
    source: randomUUID(),
    ship: (batch) => control().call('log.ship', batch),
    spool: spools.logs,
    wallMs: () => clock.nowMs(),
    note,
  })
  return { usage, logs }
}

/** Returns what stops them. */
function startTimers(
  supervisor: Supervisor,
  usage: UsageForwarder,
  logs: LogForwarder,
  pingMs: number,
  clock: Clock,
  note: (text: string) => void,
): () => void {
  let lastMs = clock.monotonicMs()
  const watch = setInterval(() => {
    const nowMs = clock.monotonicMs()
    const lateMs = Math.max(0, nowMs - lastMs - 2 * pingMs)
    lastMs = nowMs
    supervisor.watch(lateMs).catch((error: Error) => note(`watch: ${error.message}`))
  }, pingMs)
  const ship = setInterval(() => void logs.flush(), LOG_INTERVAL_MS)
  const retry = setInterval(() => usage.retry(), USAGE_RETRY_MS)
  return () => {
    clearInterval(retry)
    clearInterval(watch)
    clearInterval(ship)
  }
}
