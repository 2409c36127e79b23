export interface TrimPathFlags {
  /** Keep the line ends and blanks around statements. */
  keepWhitespace?: boolean
  /** `process` throws instead of writing `[ERROR: ...]`. */
  throwExceptions?: boolean
  /** Characters a run may write, macros' texts included each time. Default 64 Mi. */
  maxOutputLength?: number
}
