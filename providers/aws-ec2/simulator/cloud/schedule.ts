/** What is due at a time. It runs when its time has come and somebody looks, or by the timer that `arm` keeps. */
export class Schedule {
  readonly #nowMs: () => number
  readonly #timed: boolean
  #due: { atMs: number; run: () => void }[] = []
  #timer: NodeJS.Timeout | undefined
  /** When what runs now was due: what follows it is due so long after that, however late somebody looked. */
  #runningAtMs: number | null = null

  /** `timed`: the clock moves by itself, so that things happen when nobody looks. */
  constructor(nowMs: () => number, timed: boolean) {
    this.#nowMs = nowMs
    this.#timed = timed
  }

  /** Returns what takes it back. */
  in(delayMs: number, run: () => void): () => void {
    const entry = { atMs: (this.#runningAtMs ?? this.#nowMs()) + delayMs, run }
    const at = this.#due.findLastIndex(({ atMs }) => atMs <= entry.atMs)
    this.#due.splice(at + 1, 0, entry)
    this.#arm()
    return () => {
      this.#due = this.#due.filter((one) => one !== entry)
    }
  }

  runDue(): void {
    for (;;) {
      const [next] = this.#due
      if (!next || next.atMs > this.#nowMs()) break
      this.#due.shift()
      this.#runningAtMs = next.atMs
      next.run()
      this.#runningAtMs = null
    }
    this.#arm()
  }

  close(): void {
    this.#due = []
    clearTimeout(this.#timer)
  }

  #arm(): void {
    const [next] = this.#due
    clearTimeout(this.#timer)
    if (!next || !this.#timed) return
    const waitMs = Math.min(Math.max(0, next.atMs - this.#nowMs()), 2 ** 31 - 1)
    this.#timer = setTimeout(() => this.runDue(), waitMs)
    this.#timer.unref()
  }
}
