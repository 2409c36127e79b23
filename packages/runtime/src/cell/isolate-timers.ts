const MAX_TIMERS = 1_000
const MAX_DELAY_MS = 2_147_483_647

/** Timers of one isolate, bounded in number; they end with the request that set them. */
export class IsolateTimers {
  readonly #fire: (request: number, timer: number) => void
  readonly #gone: (timers: number[]) => void
  readonly #timers = new Map<number, { request: number; handle: NodeJS.Timeout }>()

  /** `gone` is told of timers that will not be due, though the program did not clear them: the isolate keeps what they were to call. */
  constructor(fire: (request: number, timer: number) => void, gone: (timers: number[]) => void) {
    this.#fire = fire
    this.#gone = gone
  }

  /** Takes `timer.set` and `timer.clear`; false: it is another operation. */
  post(request: number, operation: string, payload: string): boolean {
    if (operation === 'timer.set') this.#set(request, JSON.parse(payload))
    else if (operation === 'timer.clear')
      this.#clear(Number((JSON.parse(payload) as { timer: number }).timer))
    else return false
    return true
  }

  clearOf(request: number): void {
    let gone: number[] | null = null
    for (const [timer, { request: owner }] of this.#timers) {
      if (owner !== request) continue
      this.#clear(timer)
      gone ??= []
      gone.push(timer)
    }
    if (gone !== null) this.#gone(gone)
  }

  close(): void {
    for (const timer of [...this.#timers.keys()]) this.#clear(timer)
  }

  #set(request: number, { timer, delayMs }: { timer: number; delayMs: number }): void {
    if (typeof timer !== 'number') return
    if (request === 0 || this.#timers.size >= MAX_TIMERS) {
      this.#gone([timer])
      return
    }
    this.#clear(timer)
    const delay = Math.min(Math.max(1, Number(delayMs) || 1), MAX_DELAY_MS)
    const handle = setTimeout(() => {
      this.#timers.delete(timer)
      this.#fire(request, timer)
    }, delay)
    this.#timers.set(timer, { request, handle })
  }

  #clear(timer: number): void {
    const known = this.#timers.get(timer)
    if (known) clearTimeout(known.handle)
    this.#timers.delete(timer)
  }
}
