/** Parts that are killed. `machine`: all processes of one at once, as when its host loses power. */
export type Part = 'cell' | 'agent' | 'machine' | 'engine' | 'control'

/** One kill, as the judges need to know it. Times are of `performance.now()`. */
export interface Kill {
  part: Part
  /** For people: which one. */
  what: string
  /** Realms that it answered for; a spare cell answers for none. */
  realms: readonly string[]
  /**
   * From here on requests may fail. An engine may be killed without any harm: what runs in its containers runs on, until the engine comes
   * back and ends them.
   */
  fromMs: number
  /** What is sent from here on has to be answered: the part is gone and everybody knows, or it is back. */
  untilMs: number
}
