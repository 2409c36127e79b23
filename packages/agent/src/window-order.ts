import { PlatformError, type UsageWindow } from '@openzimki/core'

/** Keeps one cell's usage windows in order: each is taken once, whatever the cell repeats, and none may be missing. */
export class WindowOrder {
  readonly #source: string
  #received = 0
  #acknowledged = 0

  constructor(source: string) {
    this.#source = source
  }

  /** PROTOCOL for a window that names another source, or comes out of turn. */
  accept({ source, sequence }: UsageWindow): 'new' | 'waiting' | 'acknowledged' {
    if (source !== this.#source) throw new PlatformError('PROTOCOL', 'its meter names another source')
    if (sequence <= this.#acknowledged) return 'acknowledged'
    if (sequence <= this.#received) return 'waiting'
    if (sequence !== this.#received + 1) throw new PlatformError('PROTOCOL', 'its meter leaves out a window')
    this.#received = sequence
    return 'new'
  }

  acknowledge(sequence: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, sequence)
  }
}
