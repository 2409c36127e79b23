import type { Clause } from '../terms/clause.ts'
import { afterPrefix, indexKey, KEY_CHARS, keyPrefix } from '../terms/index-key.ts'
import type { Term } from '../terms/term.ts'
import { isOwnField } from './object-row.ts'

export type Key = string | number

export interface Bound {
  key: Key
  inclusive: boolean
}

/** A stretch of one field's index (or, with `keys`, single points of it) outside which a term cannot hold. */
export interface IndexRange {
  field: string
  numeric: boolean
  /** Points, in no order; then lower and upper are not used. */
  keys: Key[] | null
  lower: Bound | null
  upper: Bound | null
  /** The term holds everywhere in the range, so that objects need not be looked at. */
  decides: boolean
}

/** Null: the index says nothing about this term. */
export function rangeOf(term: Term): IndexRange | null {
  if (term.clause === 'not' || term.nothing) return null
  const base: IndexRange = {
    field: term.field,
    numeric: term.numeric,
    keys: null,
    lower: null,
    upper: null,
    decides: true,
  }
  // The platform's own fields are texts that are no numbers: nothing can hold.
  if (term.numeric && isOwnField(term.field)) return { ...base, keys: [] }
  if (term.clause === 'exact' || term.clause === 'in') {
    const keys: Key[] = term.numeric ? term.numbers : term.texts.map(indexKey)
    return { ...base, keys: [...new Set(keys)] }
  }
  if (term.clause === 'startswith') return prefixRange(base, term.texts[0]!)
  const key = term.numeric ? term.numbers[0]! : term.texts[0]!
  if (typeof key === 'number' || key.length <= KEY_CHARS) return sideRange(base, term.clause, key)
  return longSideRange(base, term.clause, key)
}

function sideRange(base: IndexRange, clause: Clause, key: Key): IndexRange | null {
  const bound = { key, inclusive: clause === 'gte' || clause === 'lte' }
  if (clause === 'gt' || clause === 'gte') return { ...base, lower: bound }
  if (clause === 'lt' || clause === 'lte') return { ...base, upper: bound }
  return null
}

/** Long texts that share a beginning lie in no order in the index, so all of the beginning is taken in and looked at. */
function longSideRange(base: IndexRange, clause: Clause, text: string): IndexRange | null {
  const range = prefixRange(base, text)
  if (clause === 'gt' || clause === 'gte') return { ...range, upper: null, decides: false }
  if (clause === 'lt' || clause === 'lte') return { ...range, lower: null, decides: false }
  return null
}

function prefixRange(base: IndexRange, text: string): IndexRange {
  const prefix = keyPrefix(text)
  const after = afterPrefix(prefix)
  return {
    ...base,
    lower: { key: prefix, inclusive: true },
    upper: after === null ? null : { key: after, inclusive: false },
    decides: prefix === text,
  }
}

/** Two terms on one field (`gt` and `lt`, say) as one range. Null when they cannot be one. */
export function mergeRanges(a: IndexRange, b: IndexRange): IndexRange | null {
  if (a.keys || b.keys || a.field !== b.field || a.numeric !== b.numeric) return null
  if ((a.lower && b.lower) || (a.upper && b.upper)) return null
  return { ...a, lower: a.lower ?? b.lower, upper: a.upper ?? b.upper, decides: a.decides && b.decides }
}
