import { PlatformError } from '@openzimki/core'
import type { EntryResult, Progress } from '../isolate/boot.ts'

/**
 * How far an isolate came with a batch of so many entries, of which it began at least so many. Our code in the isolate says it, but with
 * methods that the program may have replaced, so nothing of it is believed. SCRIPT_ERROR when it cannot be.
 */
export function readProgress(said: unknown, most: number, least: number): Progress {
  const { results, isTail } = said as Progress
  const { length } = results
  if (length < least || length > most) throw tampered()
  for (let index = 0; index < length; index++) if (!isResult(results[index])) throw tampered()
  return { results, isTail }
}

function isResult(result: unknown): result is EntryResult {
  if (!Array.isArray(result) || !(Math.abs(result[0]) <= Number.MAX_SAFE_INTEGER)) return false
  return result.length === 1 || (typeof result[1] === 'string' && typeof result[2] === 'string')
}

/** What the program has put in the place of a built-in method makes its answers unreadable. */
export const tampered = (): PlatformError =>
  new PlatformError(
    'SCRIPT_ERROR',
    'the program has replaced methods of Array, Object or JSON, and its answer cannot be read: leave the built-in ones as they are',
  )
