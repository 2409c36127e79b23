/** Something that waits to see whether more happens in this turn of the event loop. */
export interface Waiting {
  turnEnded(): void
}

/** Calls all who wait when the present callback of the event loop has ended; one tick for all, because there may be thousands. */
export class NextTurn {
  #waiting: Waiting[] = []

  add(waiting: Waiting): void {
    if (this.#waiting.push(waiting) === 1) process.nextTick(endTurn, this)
  }

  end(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) one.turnEnded()
  }
}

function endTurn(turn: NextTurn): void {
  turn.end()
}
