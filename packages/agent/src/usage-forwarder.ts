import { PlatformError, type UsageWindow } from '@openzimki/core'
import type { DiskSpool } from './disk-spool.ts'

export interface UsageForwarderOptions {
  /** Resolves once control has it on disk. */
  report(window: UsageWindow): Promise<unknown>
  spool: DiskSpool<UsageWindow>
  note(text: string): void
}

/** Control has looked at the window and will never take it. Anything else may be different the next time. */
const FINAL = new Set(['INVALID_ARGUMENT', 'PERMISSION_DENIED', 'TOO_LARGE'])

interface Waiting {
  window: UsageWindow
  onSafe(): void
}

/**
 * Brings usage windows to control, in order, one at a time, at least once. While control is away they go to the spool. A window
 * is acknowledged to its cell only when control has answered.
 */
export class UsageForwarder {
  readonly #options: UsageForwarderOptions
  #queue: Waiting[] = []
  /** In the spool: what to call when control has it, by source and sequence. */
  readonly #spooled = new Map<string, () => void>()
  #isLinked = false
  /** Control took the last window, or has not been tried since it came. */
  #isTaking = false
  #work: Promise<void> = Promise.resolve()
  #dropped = 0
  #isEnding = false
  #isComplaining = false

  constructor(options: UsageForwarderOptions) {
    this.#options = options
  }

  add(window: UsageWindow, onSafe: () => void): void {
    this.#queue.push({ window, onSafe })
    this.#kick()
  }

  /** Control is there: ships the spool first, then what waits. */
  online(): void {
    this.#isLinked = true
    // Only from that step on: what waits behind what is being spooled now must not come before it.
    this.#run(async () => {
      this.#isTaking = this.#isLinked
      await this.#shipSpool()
    })
    this.#kick()
  }

  offline(): void {
    this.#isLinked = false
    this.#isTaking = false
    this.#kick()
  }

  /** Called in intervals: control may be there and yet have been unable to take a window. */
  retry(): void {
    if (this.#isLinked && !this.#isTaking) this.online()
  }

  /** The agent ends: what is in the spool is for the next one, and no cell need wait for control any longer. */
  ending(): void {
    this.#isEnding = true
    for (const onSafe of this.#spooled.values()) onSafe()
  }

  /** Resolves when everything that was added is with control or in the spool. */
  async flush(): Promise<void> {
    let work: Promise<void>
    do {
      work = this.#work
      await work
    } while (work !== this.#work)
  }

  #kick(): void {
    this.#run(() => this.#ship())
  }

  /** One thing at a time, in order. */
  #run(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((thrown: unknown) => {
      this.#options.note(`usage: ${PlatformError.from(thrown).message}`)
    })
  }

  async #ship(): Promise<void> {
    while (this.#queue.length > 0) {
      const [first] = this.#queue
      if (!first) return
      if (!this.#isTaking || !(await this.#reported(first.window))) return this.#spoolQueue()
      this.#queue.shift()
      first.onSafe()
    }
  }

  /** False: control is away. A window that control refuses for good would block all others, so it counts as done. */
  async #reported(window: UsageWindow): Promise<boolean> {
    try {
      await this.#options.report(window)
      this.#isComplaining = false
      return true
    } catch (thrown) {
      const error = PlatformError.from(thrown, 'UNAVAILABLE')
      if (!FINAL.has(error.code)) {
        this.#refused(error)
        return false
      }
      this.#options.note(`usage ${name(window)} was refused and is lost: ${error.message}`)
      return true
    }
  }

  /** Told once for each time that control is there and cannot take it. */
  #refused(error: PlatformError): void {
    this.#isTaking = false
    if (!this.#isLinked || this.#isComplaining) return
    this.#isComplaining = true
    this.#options.note(`usage is spooled, since control did not take it: ${error.message}`)
  }

  async #spoolQueue(): Promise<void> {
    const queue = this.#queue
    if (queue.length === 0) return
    this.#queue = []
    if (await this.#options.spool.append(queue.map(({ window }) => window))) {
      for (const { window, onSafe } of queue) {
        this.#spooled.set(name(window), onSafe)
        if (this.#isEnding) onSafe()
      }
      return
    }
    this.#dropped += queue.length
    this.#options.note(
      `usage: the spool is full; ${this.#dropped} windows are lost so far, in the customers' favour`,
    )
  }

  async #shipSpool(): Promise<void> {
    const { spool } = this.#options
    for (const path of await spool.files()) {
      for (const window of await spool.read(path)) {
        if (!this.#isTaking || !(await this.#reported(window))) return
        this.#spooled.get(name(window))?.()
        this.#spooled.delete(name(window))
      }
      await spool.remove(path)
    }
  }
}

const name = ({ source, sequence }: UsageWindow) => `${source}:${sequence}`
