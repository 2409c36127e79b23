import { type ChildProcess, spawn } from 'node:child_process'
import { PlatformError } from '@openzimki/core'

export interface ChildServiceOptions {
  name: string
  /** Arguments for Node: flags, entry, its arguments. */
  args: string[]
  env: Record<string, string>
  log(level: 'info' | 'warn' | 'error', message: string): void
  /** After it came back from an unasked end. */
  onRestart?(): void
}

/** Exit status of a service that will not start however often it is tried (EX_CONFIG of sysexits.h). */
export const FINAL_STATUS = 78

const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 5_000
const END_MS = 10_000

/** A process of the platform's own that is started again whenever it ends unasked. */
export class ChildService {
  readonly #options: ChildServiceOptions
  #child: ChildProcess | null = null
  #ending = false
  #delayMs = FIRST_DELAY_MS

  constructor(options: ChildServiceOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** As `start`, again and again where that may help: what a killed platform left behind may take a moment to let go of its files. */
  async startWithin(patienceMs: number): Promise<void> {
    const untilMs = performance.now() + patienceMs
    for (;;) {
      try {
        return await this.start()
      } catch (error) {
        if (performance.now() > untilMs || PlatformError.from(error).code === 'INVALID_ARGUMENT') throw error
        await new Promise((resolve) => setTimeout(resolve, MAX_DELAY_MS / 10))
      }
    }
  }

  /** Resolves when it says that it is ready. When it ends before: UNAVAILABLE, or INVALID_ARGUMENT when it always will. */
  start(): Promise<void> {
    const { name, args, env } = this.#options
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child = child
    return new Promise((resolve, reject) => {
      let ready = false
      child.once('message', () => {
        ready = true
        this.#delayMs = FIRST_DELAY_MS
        resolve()
      })
      child.once('error', reject)
      child.once('exit', (code, signal) => {
        this.#child = null
        const how = signal ?? `status ${code}`
        if (!ready) reject(notStarted(name, how, code))
        else if (!this.#ending) this.#restart(how)
      })
    })
  }

  /** Asks it to end, and ends it by force when it does not. */
  async end(): Promise<void> {
    this.#ending = true
    const child = this.#child
    if (!child || child.exitCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.send('end', () => undefined)
    const force = setTimeout(() => child.kill('SIGKILL'), END_MS)
    await gone
    clearTimeout(force)
  }

  #restart(how: string): void {
    const { name, log, onRestart } = this.#options
    log('error', `the ${name} ended (${how}) and is started again`)
    setTimeout(() => {
      if (this.#ending) return
      this.#delayMs = Math.min(MAX_DELAY_MS, this.#delayMs * 2)
      this.start().then(onRestart, (error) => this.#restart(String(error)))
    }, this.#delayMs)
  }
}

const notStarted = (name: string, how: string, status: number | null): PlatformError =>
  new PlatformError(
    status === FINAL_STATUS ? 'INVALID_ARGUMENT' : 'UNAVAILABLE',
    `the ${name} did not start (${how}); its message is above`,
  )
