import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type Journal, outputOf } from './journal.ts'
import { environmentOf, passwdOf } from './unit-environment.ts'
import { allOf, flagOf, lastOf, spanMs, type UnitFile } from './unit-file.ts'
import { wordsOf } from './words.ts'

export type ServiceState = 'inactive' | 'activating' | 'active' | 'deactivating' | 'failed'

const DEFAULT_STOP_MS = 90_000
const DEFAULT_RESTART_MS = 100
const BURST = { count: 5, withinMs: 10_000 }
const CHECK_MS = 20

/** One service unit: started, watched, started again, stopped with all it has started. */
export class Service {
  unit: UnitFile
  state: ServiceState = 'inactive'
  /** How its main program ended: `0`, `1`, `SIGKILL`. */
  lastEnd = ''
  mainPid = 0
  readonly #journal: Journal
  #main: ChildProcess | null = null
  #invocationId = ''
  #wanted = false
  #starts: number[] = []

  constructor(unit: UnitFile, journal: Journal) {
    this.unit = unit
    this.#journal = journal
  }

  /** Resolves when it is up: for a oneshot when it is done. Fails with what went wrong. */
  async start(): Promise<void> {
    if (this.state === 'active' || this.state === 'activating') return
    this.#wanted = true
    this.#starts = []
    await this.#begin()
  }

  async #begin(): Promise<void> {
    this.state = 'activating'
    this.#invocationId = randomBytes(16).toString('hex')
    this.#starts = [...this.#starts, performance.now()].slice(-BURST.count)
    try {
      const environment = environmentOf(this.unit, this.#invocationId)
      makeFolders(this.unit)
      for (const line of this.#lines('ExecStartPre')) await this.#toEnd(line, environment)
      await this.#run(environment)
      for (const line of this.#lines('ExecStartPost')) await this.#toEnd(line, environment)
    } catch (thrown) {
      this.#note(`Failed with result 'exit-code': ${(thrown as Error).message}`)
      await this.#endAll('SIGKILL')
      this.state = 'failed'
      void this.#again(false)
      throw thrown
    }
  }

  async #run(environment: Record<string, string>): Promise<void> {
    const type = lastOf(this.unit, 'Service', 'Type') ?? 'simple'
    const lines = this.#lines('ExecStart')
    if (type === 'oneshot') {
      for (const line of lines) await this.#toEnd(line, environment)
      this.state = flagOf(this.unit, 'Service', 'RemainAfterExit') ? 'active' : 'inactive'
      return
    }
    const [line] = lines
    if (line === undefined) throw new Error(`${this.unit.name} has no ExecStart`)
    const child = this.#spawn(line, environment)
    await started(child)
    if (type === 'forking') {
      const code = await ended(child)
      if (code !== 0) throw new Error(`its program ended with ${code}`)
      this.state = 'active'
      return
    }
    this.#main = child
    this.mainPid = child.pid ?? 0
    this.state = 'active'
    this.#note('Started.')
    void ended(child).then((code) => this.#mainEnded(child, code))
  }

  async #mainEnded(child: ChildProcess, code: number | string): Promise<void> {
    if (this.#main !== child) return
    this.#main = null
    this.mainPid = 0
    this.lastEnd = String(code)
    this.#note(
      `Main process exited, ${typeof code === 'number' ? `code=exited, status=${code}` : `code=killed, ${code}`}`,
    )
    if (this.state === 'deactivating') return
    await this.#endAll('SIGKILL')
    const clean = code === 0 || ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGPIPE'].includes(String(code))
    this.state = clean ? 'inactive' : 'failed'
    await this.#again(clean)
  }

  async #again(clean: boolean): Promise<void> {
    const policy = lastOf(this.unit, 'Service', 'Restart') ?? 'no'
    const fits =
      policy === 'always' ||
      (clean ? policy === 'on-success' : policy.startsWith('on-') && policy !== 'on-success')
    if (!this.#wanted || !fits) return
    const first = this.#starts[0] ?? 0
    if (this.#starts.length >= BURST.count && performance.now() - first < BURST.withinMs) {
      this.#note('Start request repeated too quickly.')
      this.state = 'failed'
      return
    }
    this.state = 'activating'
    await delay(spanMs(lastOf(this.unit, 'Service', 'RestartSec'), DEFAULT_RESTART_MS))
    if (!this.#wanted) return
    this.#note('Scheduled restart job.')
    await this.#begin().catch(() => undefined)
  }

  /** Asks it to end, and ends it when its time is over. */
  async stop(): Promise<void> {
    this.#wanted = false
    if (this.state === 'inactive' || this.state === 'failed') {
      this.state = 'inactive'
      return
    }
    this.state = 'deactivating'
    const environment = { ...environmentOf(this.unit, this.#invocationId), MAINPID: String(this.mainPid) }
    for (const line of this.#lines('ExecStop')) await this.#toEnd(line, environment).catch(() => undefined)
    const signal = lastOf(this.unit, 'Service', 'KillSignal') ?? 'SIGTERM'
    const mixed = lastOf(this.unit, 'Service', 'KillMode') === 'mixed'
    if (mixed && this.mainPid > 0) kill(this.mainPid, signal)
    else this.#signalAll(signal)
    const untilMs =
      performance.now() + spanMs(lastOf(this.unit, 'Service', 'TimeoutStopSec'), DEFAULT_STOP_MS)
    while (this.#pids().length > 0 && performance.now() < untilMs && !(mixed && !this.#main))
      await delay(CHECK_MS)
    await this.#endAll('SIGKILL')
    this.state = 'inactive'
    this.#note('Stopped.')
  }

  reload(): void {
    if (this.mainPid > 0) kill(this.mainPid, 'SIGHUP')
  }

  signal(name: string): void {
    this.#signalAll(name)
  }

  #lines(name: string): string[] {
    return allOf(this.unit, 'Service', name)
  }

  async #toEnd(line: string, environment: Record<string, string>): Promise<void> {
    const child = this.#spawn(line, environment)
    await started(child)
    const code = await ended(child)
    this.lastEnd = String(code)
    if (code !== 0 && !/^[@+!:]*-/.test(line)) throw new Error(`${line} ended with ${code}`)
  }

  #spawn(line: string, environment: Record<string, string>): ChildProcess {
    const [program = '', ...args] = wordsOf(line.replace(/^[-@+!:]+/, ''), environment)
    const [first = program, ...rest] = [...asUser(this.unit, /^[-@]*[+!]/.test(line)), program, ...args]
    const { out, done } = outputOf(this.unit)
    const child = spawn(first, rest, {
      env: environment,
      cwd: workingFolder(this.unit, environment),
      detached: true,
      stdio: ['ignore', out, out],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8')
      stream?.on('data', (text: string) => this.#journal.write(this.unit.name, text))
    }
    done()
    return child
  }

  async #endAll(signal: string): Promise<void> {
    this.#signalAll(signal)
    while (this.#pids().length > 0) {
      await delay(CHECK_MS)
      this.#signalAll('SIGKILL')
    }
  }

  #signalAll(signal: string): void {
    for (const pid of this.#pids()) kill(pid, signal)
  }

  /** All that it has started, wherever it has gone: they carry the invocation's id in their environment. */
  #pids(): number[] {
    if (this.#invocationId === '') return []
    const mark = `INVOCATION_ID=${this.#invocationId}`
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((name) => readOrEmpty(`/proc/${name}/environ`).split('\0').includes(mark))
      .map(Number)
  }

  #note(text: string): void {
    this.#journal.note(`${this.unit.name}: ${text}`)
  }
}

function asUser(unit: UnitFile, privileged: boolean): string[] {
  const user = lastOf(unit, 'Service', 'User')
  const group = lastOf(unit, 'Service', 'Group')
  if (privileged || (user === undefined && group === undefined)) return []
  const entry = passwdOf(user ?? 'root')
  if (!entry) throw new Error(`Failed to determine user credentials: no such user ${user}`)
  return ['setpriv', `--reuid=${entry.uid}`, `--regid=${group ?? entry.gid}`, '--init-groups', '--']
}

function workingFolder(unit: UnitFile, environment: Record<string, string>): string {
  const said = lastOf(unit, 'Service', 'WorkingDirectory') ?? '/'
  return said.replace(/^-/, '').replace(/^~$/, environment.HOME ?? '/')
}

function makeFolders(unit: UnitFile): void {
  const entry = passwdOf(lastOf(unit, 'Service', 'User') ?? 'root')
  for (const [name, base] of [
    ['RuntimeDirectory', '/run'],
    ['StateDirectory', '/var/lib'],
    ['LogsDirectory', '/var/log'],
    ['CacheDirectory', '/var/cache'],
  ] as const) {
    for (const folder of allOf(unit, 'Service', name).flatMap((one) => one.split(/\s+/))) {
      mkdirSync(`${base}/${folder}`, { recursive: true })
      if (entry) chownSync(`${base}/${folder}`, entry.uid, entry.gid)
    }
  }
}

async function started(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) return
  await new Promise((_resolve, reject) => child.once('error', reject))
}

function ended(child: ChildProcess): Promise<number | string> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')))
}

function kill(pid: number, signal: string): void {
  try {
    process.kill(pid, (signal.startsWith('SIG') ? signal : `SIG${signal}`) as NodeJS.Signals)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
