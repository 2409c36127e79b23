/** A limit of V8's own, which it throws as an error that a program may catch. */
export interface EngineLimit {
  /** As `details.limit` names it. */
  limit: 'stack' | 'stringLength' | 'memoryMb'
  message: string
}

/** By the engine's own words; a program that throws the same ones fools nobody but itself. */
const LIMITS: [told: RegExp, limit: EngineLimit][] = [
  [
    /^RangeError: Maximum call stack size exceeded/,
    { limit: 'stack', message: 'stopped: it called itself deeper than its stack allows (stack)' },
  ],
  [
    /^RangeError: Invalid string length/,
    {
      limit: 'stringLength',
      message: 'stopped: it made a string longer than the engine allows, 2^29 - 24 characters (stringLength)',
    },
  ],
  [
    /^RangeError: Array buffer allocation failed/,
    { limit: 'memoryMb', message: 'stopped: it asked for more memory than its limit (memoryMb)' },
  ],
]

/** The limit that what a program did not catch speaks of; null: it is an error of the program's own. */
export function engineLimit(stack: string): EngineLimit | null {
  return LIMITS.find(([told]) => told.test(stack))?.[1] ?? null
}
