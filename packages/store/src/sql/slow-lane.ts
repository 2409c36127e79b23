import type { Clock } from '@openzimki/core'
import type { Command, Row, Task } from './task.ts'

/**
 * Runs reading tasks on a synchronous database without letting one hold up the rest: a task runs at once for
 * `sliceMs`; what is not done by then goes to the lane, which runs one slice in each turn of the event loop, in rotation.
 */
export class SlowLane {
  readonly #execute: (command: Command) => Row[]
  readonly #clock: Clock
  readonly #sliceMs: number
  readonly #waiting: (() => void)[] = []
  #scheduled = false

  constructor(execute: (command: Command) => Row[], clock: Clock, sliceMs: number) {
    this.#execute = execute
    this.#clock = clock
    this.#sliceMs = sliceMs
  }

  async run<T>(task: Task<T>): Promise<T> {
    let step = task.next()
    for (;;) {
      const untilMs = this.#clock.monotonicMs() + this.#sliceMs
      do {
        if (step.done) return step.value
        step = task.next(this.#execute(step.value))
      } while (this.#clock.monotonicMs() < untilMs)
      if (step.done) return step.value
      await this.#turn()
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
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
