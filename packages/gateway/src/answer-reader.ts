import { readAnswer, safeHeaders } from './cell-answer.ts'
import type { Entry } from './find-entry.ts'

/** What of an answer's head may go to the client. */
export interface SafeAnswer {
  readonly status: number
  /** name, value, ... */
  readonly headers: readonly string[]
  /** The length that the cell announced. */
  readonly announced: number | null
}

interface Known {
  text: string
  root: string
  baseDomains: readonly string[]
  answer: SafeAnswer
}

/** Longer heads are hardly the same twice, and would be held for nothing. */
const MAX_KEPT_LENGTH = 1_024

/**
 * Reads the heads of answers. Those of an entry point are often the same to the letter, so the last one of each is kept as it was read:
 * reading it is the most of what an answer costs the gateway itself.
 */
export class AnswerReader {
  readonly #known = new WeakMap<object, Known>()

  /** PROTOCOL when it is no head. */
  read(text: string, { key, root, baseDomains }: Pick<Entry, 'key' | 'root' | 'baseDomains'>): SafeAnswer {
    const known = this.#known.get(key)
    if (known?.text === text && known.root === root && known.baseDomains === baseDomains) return known.answer
    const { status, headers } = readAnswer(text)
    const { safe, announced } = safeHeaders(headers, { root, baseDomains })
    const answer = { status, headers: safe, announced }
    if (text.length <= MAX_KEPT_LENGTH) this.#known.set(key, { text, root, baseDomains, answer })
    return answer
  }
}
