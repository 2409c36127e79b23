import { inspect } from '../web/inspect.ts'
import { StringOf } from '../web/primordials.ts'

export interface Described {
  message: string
  stack: string
}

/** More is cut: it goes into a log entry. */
const MAX_STACK = 16 * 1024

/**
 * What was thrown, as text for the realm's log. Whatever it is and whatever the program has done to Error, this returns:
 * `stack` may be a getter that throws or, by `Error.prepareStackTrace`, no text at all.
 */
export function describeError(thrown: unknown): Described {
  const isObject = typeof thrown === 'object' && thrown !== null
  const name = isObject ? property(thrown, 'name') : ''
  const text = isObject ? property(thrown, 'message') : ''
  const message =
    isObject && (text || name) ? (name && text ? `${name}: ${text}` : text || name) : shown(thrown)
  const stack = isObject ? property(thrown, 'stack') : ''
  return { message: clean(message), stack: clean(stack) }
}

function property(thrown: object, key: 'name' | 'message' | 'stack'): string {
  try {
    const value = (thrown as Record<string, unknown>)[key]
    return typeof value === 'string' ? value : ''
  } catch {
    // A getter of the program's that throws says nothing of use.
    return ''
  }
}

const shown = (thrown: unknown): string =>
  typeof thrown === 'object' || typeof thrown === 'function' ? inspect(thrown) : StringOf(thrown)

const clean = (text: string): string => (text.length > MAX_STACK ? text.slice(0, MAX_STACK) : text)
