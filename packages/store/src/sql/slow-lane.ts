import type { Clock } from '@openzimki/core'
import { FairQueue } from './fair-queue.ts'
import type { Command, Row, Task } from './task.ts'

/**
 * Runs reading tasks on a synchronous database without letting one hold up the rest: a task runs at once for `sliceMs`; what is
 * not done by then goes on in slices, one in each turn of the event loop, in rotation of the lanes (realms). While a lane has something
 * waiting, what comes to it waits too, so that many long tasks at once are no longer than one for the others.
 */
export class SlowLane {
  readonly #execute: (command: Command) => Row[]
  readonly #clock: Clock
  readonly #sliceMs: number
  readonly #waiting = new FairQueue<() => void>()
  #scheduled = false

  constructor(execute: (command: Command) => Row[], clock: Clock, sliceMs: number) {
    this.#execute = execute
    this.#clock = clock
    this.#sliceMs = sliceMs
  }

  async run<T>(task: Task<T>, lane: string): Promise<T> {
    if (this.#waiting.waiting(lane) > 0) await this.#turn(lane)
    let step = task.next()
    for (;;) {
      const untilMs = this.#clock.monotonicMs() + this.#sliceMs
      do {
        if (step.done) return step.value
        step = task.next(this.#execute(step.value))
      } while (this.#clock.monotonicMs() < untilMs)
      if (step.done) return step.value
      await this.#turn(lane)
    }
  }

  #turn(lane: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(lane, resolve)
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#waiting.shift()?.()
      this.#schedule()
    })
  }
}
