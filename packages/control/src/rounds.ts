import type { ControlLog } from './control-context.ts'

/** Runs jobs again and again, each never twice at once. */
export class Rounds {
  readonly #log: ControlLog
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #running = new Set<Promise<void>>()
  #closed = false

  constructor(log: ControlLog) {
    this.#log = log
  }

  /** The next run starts `everyMs` after the end of the one before. */
  add(name: string, everyMs: number, job: () => Promise<unknown>): void {
    const timer = setTimeout(async () => {
      this.#timers.delete(timer)
      const run = job().then(
        () => undefined,
        (error: unknown) =>
          this.#log('error', `${name} failed; it will be tried again`, { error: String(error) }),
      )
      this.#running.add(run)
      await run
      this.#running.delete(run)
      if (!this.#closed) this.add(name, everyMs, job)
    }, everyMs)
    timer.unref()
    this.#timers.add(timer)
  }

  /** Resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.all(this.#running)
  }
}
