/** How often things are looked at where `idleMs` does not say. */
const DEFAULT_TICK_MS = 5_000
const TICKS_TO_LOSS = 3

/** What the passing of time means to a link: a silent peer is asked, then given up; a peer's allowance of resets grows again. */
export class Keepalive {
  readonly #churnResets: number
  readonly #timer: NodeJS.Timeout
  #silentTicks = 0
  #resets = 0

  constructor(options: { idleMs: number; churnResets: number }, on: { ping: () => void; lost: () => void }) {
    this.#churnResets = options.churnResets
    const tickMs = options.idleMs > 0 ? Math.max(1, options.idleMs / TICKS_TO_LOSS) : DEFAULT_TICK_MS
    this.#timer = setInterval(() => {
      this.#resets = 0
      if (options.idleMs === 0) return
      if (this.#silentTicks >= TICKS_TO_LOSS) on.lost()
      else if (this.#silentTicks++ > 0) on.ping()
    }, tickMs)
    this.#timer.unref()
  }

  heard(): void {
    this.#silentTicks = 0
  }

  /** The peer reset one of its streams. False: it has done little else for too long. */
  peerReset(): boolean {
    return ++this.#resets <= this.#churnResets
  }

  /** A stream came to its end without a reset. */
  streamEnded(): void {
    if (this.#resets > 0) this.#resets--
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
