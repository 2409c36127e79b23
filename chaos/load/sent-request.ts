/** A request of the load, as its client saw it. Times are of `performance.now()`. */
export interface SentRequest {
  /** Realm that was asked; each is in a pool of its own. */
  realm: string
  function: '/write' | '/read'
  startMs: number
  endMs: number
  /**
   * `answered`: rightly. `refused`: nobody listened, so nothing can have been done. `failed`: no answer, or one that says that it failed.
   * `wrong`: an answer that cannot be right, such as that something written is not there.
   */
  outcome: 'answered' | 'refused' | 'failed' | 'wrong'
  /** What came instead of the right answer. */
  why: string
}

/** A note that a writer was told is written. */
export interface WrittenNote {
  id: string
  n: number
}

/** What one writer did in its realm. */
export interface WriterRecord {
  realm: string
  writer: string
  /** Acknowledged. */
  written: WrittenNote[]
  /** Numbers whose write failed after somebody had heard of it: they may be there, once, or not. */
  unsure: number[]
}
