import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, constants, mkdir } from 'node:fs/promises'
import { PlatformError } from '@openzimki/core'
import {
  type CheckResult,
  type Machine,
  type MachineDriver,
  type MachineSpec,
  type Offering,
  type ProviderManifest,
  processIdentity,
} from '@openzimki/provider'
import type { CheckedLocalConfig } from './config.ts'
import { MachineFolder, type MachineRecord, type ProcessRecord } from './machine-folder.ts'
import { localManifest } from './manifest.ts'
import { mapError } from './map-error.ts'
import { findByTag, isAlive, signalOwn, TAG_VARIABLE, waitGone } from './own-process.ts'
import { watchEnds } from './watch-ends.ts'

const SIZE = 'host'
const ZONE = 'local'
/** The kernel ends a killed process at once unless it is stuck in a device. */
const KILL_WAIT_MS = 5_000

/** A machine is a child process in a session of its own, known by a folder (machine-folder.ts). */
export class LocalDriver implements MachineDriver {
  readonly name = 'local'
  readonly owner: string
  readonly manifest: ProviderManifest
  readonly mapError = mapError
  readonly #config: CheckedLocalConfig
  /** The last change under way of each machine: a stop or destroy must not overtake the launch. */
  readonly #changes = new Map<string, Promise<unknown>>()
  /** Processes that this one started and that have not ended. */
  readonly #children = new Set<number>()
  readonly #childListeners = new Set<() => void>()

  constructor(config: CheckedLocalConfig) {
    this.#config = config
    this.owner = config.owner
    this.manifest = localManifest(config.hardening)
  }

  async offerings(): Promise<Offering[]> {
    const { cpus, memoryBytes, maxMachines, machinesDir } = this.#config
    const used = (await MachineFolder.ids(machinesDir)).length
    const capacity = Math.max(0, maxMachines - used)
    return [{ size: SIZE, zone: ZONE, cpus, memoryBytes, price: null, capacity }]
  }

  launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    return this.#inTurn(spec.id, () => this.#launch(spec, fingerprint, signal))
  }

  async #launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    const folder = this.#folder(spec.id)
    const record: MachineRecord = {
      size: spec.size,
      zone: ZONE,
      fingerprint,
      createdAtMs: Date.now(),
      launcher: (await processIdentity(process.pid)) ?? 'unknown',
      tag: randomUUID(),
    }
    await mkdir(this.#config.machinesDir, { recursive: true, mode: 0o700 })
    signal.throwIfAborted()
    if (await folder.claim(record)) await this.#start(folder, spec.env, record.tag, signal)
    const machine = await this.inspect(spec.id)
    if (machine) return machine
    throw new PlatformError('INTERNAL', `machine ${spec.id} was destroyed while it was being launched`)
  }

  async inspect(id: string): Promise<Machine | null> {
    const folder = this.#folder(id)
    const record = await folder.record()
    if (!record) return null
    const own = await this.#processOf(folder, record)
    const { size, zone, createdAtMs, fingerprint } = record
    const native = own ? `pid ${own.pid}` : 'no process'
    return { id, size, zone, createdAtMs, fingerprint, native, ...(await stateOf(folder, record, own)) }
  }

  async list(): Promise<Machine[]> {
    const ids = await MachineFolder.ids(this.#config.machinesDir)
    const machines = await Promise.all(ids.map((id) => this.inspect(id)))
    return machines.filter((machine) => machine !== null)
  }

  async stop(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    // Only the launch is waited for: a destroy may cut a long grace short.
    await this.#changes.get(id)?.catch(() => undefined)
    const folder = this.#folder(id)
    const record = await folder.record()
    const own = record && (await this.#processOf(folder, record))
    if (!own || !(await isAlive(own))) return
    await folder.markStopping(record.tag)
    await signalOwn(own, 'SIGTERM')
    if (await waitGone(own, graceMs, signal)) return
    await endByForce(own, signal)
  }

  destroy(id: string, signal: AbortSignal): Promise<void> {
    return this.#inTurn(id, () => this.#destroy(id, signal))
  }

  async #destroy(id: string, signal: AbortSignal): Promise<void> {
    const folder = this.#folder(id)
    const record = await folder.record()
    const own = record && (await this.#processOf(folder, record))
    if (own) await endByForce(own, signal)
    await this.#remove(folder, signal)
  }

  /** Another platform's launch may have written its process down after we looked, and before the folder was gone. */
  async #remove(folder: MachineFolder, signal: AbortSignal): Promise<void> {
    for (const gone of await folder.remove()) {
      const record = await gone.record()
      const own = record && (await this.#processOf(gone, record))
      if (own) await endByForce(own, signal)
      await gone.erase()
    }
  }

  logs(id: string, maxBytes: number): Promise<string> {
    return this.#folder(id).readConsole(maxBytes)
  }

  async check(): Promise<CheckResult> {
    const { machinesDir, command, maxMachines } = this.#config
    await mkdir(machinesDir, { recursive: true, mode: 0o700 })
    await access(machinesDir, constants.W_OK)
    await access(command[0], constants.X_OK)
    const findings: CheckResult['findings'] = [
      { level: 'info', text: `machines are processes of this host, at most ${maxMachines}` },
    ]
    if (!this.manifest.hardening.includes('unprivileged-user')) {
      const text =
        'cells run as the same user as the platform, so a break-out of the engine reaches its files: start the platform as root, with its data ' +
        'and its program in folders that other users may pass through, or use a provider with containers or machines for code that is not trusted'
      findings.push({ level: 'warn', text })
    }
    return { ok: true, findings }
  }

  watch(signal: AbortSignal): AsyncGenerator<string | null> {
    const { machinesDir } = this.#config
    return watchEnds(
      {
        machinesDir,
        running: () => this.#running(),
        onChildEnd: (listener) => {
          this.#childListeners.add(listener)
          return () => this.#childListeners.delete(listener)
        },
      },
      signal,
    )
  }

  async #running(): Promise<Map<string, { isChild: boolean }>> {
    const found = new Map<string, { isChild: boolean }>()
    for (const id of await MachineFolder.ids(this.#config.machinesDir)) {
      const folder = this.#folder(id)
      const record = await folder.record()
      const own = record && (await this.#processOf(folder, record))
      // One that is being launched counts: it may end before it was ever seen to run.
      const isThere = own ? await isAlive(own) : record !== null && (await isLauncherAlive(record))
      if (isThere) found.set(id, { isChild: own !== null && this.#children.has(own.pid) })
    }
    return found
  }

  async close(): Promise<void> {
    // Machines are in sessions of their own and need nothing of us.
  }

  #inTurn<T>(id: string, change: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(id) ?? Promise.resolve()
    const done = before.then(change, change).finally(() => {
      if (this.#changes.get(id) === done) this.#changes.delete(id)
    })
    this.#changes.set(id, done)
    return done
  }

  #childEnded(pid: number): void {
    this.#children.delete(pid)
    for (const listener of this.#childListeners) listener()
  }

  #folder(id: string): MachineFolder {
    return new MachineFolder(this.#config.machinesDir, id)
  }

  /** Its process, alive or not; one that was started but never written down is found by its tag. */
  async #processOf(folder: MachineFolder, record: MachineRecord): Promise<ProcessRecord | null> {
    const written = await folder.process(record.tag)
    if (written || (await isLauncherAlive(record))) return written
    const found = await findByTag(record.tag)
    if (found) await folder.writeProcess(record.tag, found)
    return found
  }

  async #start(
    folder: MachineFolder,
    env: MachineSpec['env'],
    tag: string,
    signal: AbortSignal,
  ): Promise<void> {
    let own: ProcessRecord | null = null
    try {
      own = await spawnMachine(this.#config.command, env, folder, tag, (pid) => this.#childEnded(pid))
      this.#children.add(own.pid)
      await folder.writeProcess(tag, own)
      // One that another platform destroyed meanwhile has nobody else to end it.
      if (!(await folder.isOf(tag))) await signalOwn(own, 'SIGKILL')
    } catch (thrown) {
      if (own) await signalOwn(own, 'SIGKILL')
      if (!(await folder.isOf(tag))) return
      await this.#remove(folder, signal)
      throw thrown
    }
  }
}

async function spawnMachine(
  [program, ...args]: readonly [string, ...string[]],
  env: Record<string, string>,
  folder: MachineFolder,
  tag: string,
  onEnd: (pid: number) => void,
): Promise<ProcessRecord> {
  const output = await folder.openConsole()
  try {
    const child = spawn(program, args, {
      cwd: folder.path,
      env: { ...env, [TAG_VARIABLE]: tag },
      stdio: ['ignore', output.fd, output.fd],
      // A session of its own: a Ctrl-C at the platform's terminal must not race its orderly end.
      detached: true,
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    child.once('exit', (exitCode, signal) => {
      // The state is right without it, only less telling.
      void folder
        .writeEnd(tag, { exitCode, signal })
        .catch(() => undefined)
        .then(() => onEnd(child.pid ?? 0))
    })
    const pid = child.pid ?? 0
    return { pid, identity: (await processIdentity(pid)) ?? `${pid}@ended` }
  } finally {
    await output.close()
  }
}

async function endByForce(own: ProcessRecord, signal: AbortSignal): Promise<void> {
  await signalOwn(own, 'SIGKILL')
  if (await waitGone(own, KILL_WAIT_MS, signal)) return
  throw new PlatformError(
    'TIMEOUT',
    `process ${own.pid} was killed but has not ended within ${KILL_WAIT_MS} ms: it may hang in a device; try again`,
  )
}

async function stateOf(
  folder: MachineFolder,
  record: MachineRecord,
  own: ProcessRecord | null,
): Promise<Pick<Machine, 'state' | 'reason'>> {
  if (!own) {
    if (await isLauncherAlive(record)) return { state: 'starting', reason: null }
    return { state: 'failed', reason: 'the platform was killed while it launched this machine; destroy it' }
  }
  const alive = await isAlive(own)
  if (await folder.isStopping(record.tag)) return { state: alive ? 'stopping' : 'stopped', reason: null }
  if (alive) return { state: 'running', reason: null }
  const end = await folder.end(record.tag)
  const how = end?.signal
    ? `by ${end.signal}`
    : end
      ? `with exit status ${end.exitCode}`
      : 'while nobody watched'
  return { state: 'failed', reason: `the process ended unasked, ${how}; its logs may say why` }
}

async function isLauncherAlive({ launcher }: MachineRecord): Promise<boolean> {
  return (await processIdentity(Number.parseInt(launcher, 10))) === launcher
}
