import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Journal } from './journal.ts'
import { processesOf, signal } from './processes.ts'
import { type Ending, isClean, restarts, startsTooOften } from './restart-policy.ts'
import { userOf } from './sandbox.ts'
import { environmentOf } from './unit-environment.ts'
import { allOf, flagOf, lastOf, spanMs, type UnitFile } from './unit-file.ts'
import { dropFolders, makeFolders } from './unit-folders.ts'
import { endOf, hasStarted, mayFail, spawnLine } from './unit-program.ts'

export type ServiceState = 'inactive' | 'activating' | 'active' | 'deactivating' | 'failed'

const DEFAULT_STOP_MS = 90_000
const DEFAULT_RESTART_MS = 100
const CHECK_MS = 20
const MOST_STARTS = 100

export interface ServiceOptions {
  journal: Journal
  /** It ended for good, and its unit says what the machine does then: `poweroff`, `reboot`. */
  onEndAction(action: string): void
}

/** One service unit: started, watched, started again, stopped with all it has started. */
export class Service {
  unit: UnitFile
  state: ServiceState = 'inactive'
  /** How its main program ended: `0`, `1`, `SIGKILL`. */
  lastEnd = ''
  mainPid = 0
  readonly #options: ServiceOptions
  #main: ChildProcess | null = null
  /** Its output has been read to its end. */
  #silent: Promise<unknown> = Promise.resolve()
  #invocationId = ''
  #wanted = false
  #starts: number[] = []

  constructor(unit: UnitFile, options: ServiceOptions) {
    this.unit = unit
    this.#options = options
  }

  /** Resolves when it is up: for a oneshot when it is done. Fails with what went wrong. */
  async start(): Promise<void> {
    if (this.state === 'active' || this.state === 'activating') return
    this.#wanted = true
    await this.#begin()
  }

  async #begin(): Promise<void> {
    if (startsTooOften(this.unit, this.#starts, performance.now())) {
      this.state = 'failed'
      this.#note('Start request repeated too quickly.')
      this.#endAction('FailureAction')
      throw new Error('Start request repeated too quickly.')
    }
    this.state = 'activating'
    this.#invocationId = randomBytes(16).toString('hex')
    this.#starts = [...this.#starts, performance.now()].slice(-MOST_STARTS)
    try {
      const environment = environmentOf(this.unit, this.#invocationId)
      makeFolders(this.unit, userOf(this.unit))
      for (const line of this.#lines('ExecStartPre')) await this.#toEnd(line, environment)
      await this.#run(environment)
      for (const line of this.#lines('ExecStartPost')) await this.#toEnd(line, environment)
    } catch (thrown) {
      this.#note(`Failed with result 'exit-code': ${(thrown as Error).message}`)
      await this.#endAll()
      void this.#ended(1)
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
    if (type === 'forking') {
      await this.#toEnd(line, environment)
      this.state = 'active'
      return
    }
    const child = spawnLine(this.unit, line, environment, this.#options.journal)
    await hasStarted(child)
    this.#main = child
    this.#silent = once(child, 'close')
    this.mainPid = child.pid ?? 0
    this.state = 'active'
    this.#note('Started.')
    void endOf(child).then((ending) => this.#mainEnded(child, ending))
  }

  async #mainEnded(child: ChildProcess, ending: Ending): Promise<void> {
    if (this.#main !== child) return
    this.#main = null
    this.mainPid = 0
    this.lastEnd = String(ending)
    const how = typeof ending === 'number' ? `code=exited, status=${ending}` : `code=killed, ${ending}`
    this.#note(`Main process exited, ${how}`)
    if (this.state === 'deactivating') return
    await this.#endAll()
    await this.#ended(ending)
  }

  async #ended(ending: Ending): Promise<void> {
    const again = this.#wanted && restarts(this.unit, ending)
    const clean = isClean(this.unit, ending)
    dropFolders(this.unit, again)
    this.state = again ? 'activating' : clean ? 'inactive' : 'failed'
    if (!again) return this.#endAction(clean ? 'SuccessAction' : 'FailureAction')
    await delay(spanMs(lastOf(this.unit, 'Service', 'RestartSec'), DEFAULT_RESTART_MS))
    if (!this.#wanted) return
    this.#note('Scheduled restart job.')
    await this.#begin().catch(() => undefined)
  }

  #endAction(name: string): void {
    const action = lastOf(this.unit, 'Unit', name) ?? 'none'
    if (this.#wanted && action !== 'none')
      this.#options.onEndAction(action.replace(/-(?:force|immediate)$/, ''))
  }

  /** Asks it to end, and ends it when its time is over. */
  async stop(): Promise<void> {
    this.#wanted = false
    if (this.state === 'inactive' || this.state === 'failed') return
    this.state = 'deactivating'
    const environment = { ...environmentOf(this.unit, this.#invocationId), MAINPID: String(this.mainPid) }
    for (const line of this.#lines('ExecStop')) await this.#toEnd(line, environment).catch(() => undefined)
    const mixed = lastOf(this.unit, 'Service', 'KillMode') === 'mixed' && this.mainPid > 0
    const name = lastOf(this.unit, 'Service', 'KillSignal') ?? 'SIGTERM'
    if (mixed) signal(this.mainPid, name)
    else this.signal(name)
    const untilMs =
      performance.now() + spanMs(lastOf(this.unit, 'Service', 'TimeoutStopSec'), DEFAULT_STOP_MS)
    const runs = () => (mixed ? this.#main !== null : processesOf(this.#invocationId).length > 0)
    while (runs() && performance.now() < untilMs) await delay(CHECK_MS)
    await this.#endAll()
    await this.#silent
    dropFolders(this.unit, false)
    this.state = 'inactive'
    this.#note('Stopped.')
  }

  reload(): void {
    if (this.mainPid > 0) signal(this.mainPid, 'SIGHUP')
  }

  /** To all that it has started. */
  signal(name: string): void {
    for (const pid of processesOf(this.#invocationId)) signal(pid, name)
  }

  /** Forgets how often it was started, and that it failed. */
  reset(): void {
    this.#starts = []
    if (this.state === 'failed') this.state = 'inactive'
  }

  #lines(name: string): string[] {
    return allOf(this.unit, 'Service', name)
  }

  async #toEnd(line: string, environment: Record<string, string>): Promise<void> {
    const child = spawnLine(this.unit, line, environment, this.#options.journal)
    await hasStarted(child)
    const ending = await endOf(child)
    this.lastEnd = String(ending)
    if (ending !== 0 && !mayFail(line)) throw new Error(`${line} ended with ${ending}`)
  }

  async #endAll(): Promise<void> {
    if (this.#invocationId === '') return
    while (processesOf(this.#invocationId).length > 0) {
      this.signal('SIGKILL')
      await delay(CHECK_MS)
    }
  }

  #note(text: string): void {
    this.#options.journal.note(`${this.unit.name}: ${text}`)
  }
}
