import type { Json } from '@openzimki/core'
import { compareText, isNothing, numberOf, textOf } from './scalar.ts'
import type { Term } from './term.ts'

/** Gives the value of a field: a property, `id` or `creation_date`. */
export type FieldReader = (field: string) => Json | undefined

/** Whether all terms hold. This is what the terms mean; an index may only be quicker, never of another opinion. */
export const matchesAll = (terms: readonly Term[], read: FieldReader): boolean =>
  terms.every((term) => matches(term, read(term.field)))

/** Lists and objects have no text, so they match `not` alone. */
export function matches(term: Term, value: Json | undefined): boolean {
  if (term.clause === 'not') return !equals(term, value)
  if (term.clause === 'exact' || term.clause === 'in') return equals(term, value)
  return term.numeric ? comparesNumber(term, value) : comparesText(term, value)
}

function equals(term: Term, value: Json | undefined): boolean {
  if (isNothing(value)) return term.nothing
  if (term.numeric) {
    const number = numberOf(value)
    return number !== null && term.numbers.includes(number)
  }
  const text = textOf(value)
  return text !== null && term.texts.includes(text)
}

function comparesNumber(term: Term, value: Json | undefined): boolean {
  const number = numberOf(value)
  return number !== null && ordered(term, number - term.numbers[0]!)
}

function comparesText(term: Term, value: Json | undefined): boolean {
  const text = textOf(value)
  const operand = term.texts[0]!
  if (text === null) return false
  switch (term.clause) {
    case 'iexact':
      return fold(text) === fold(operand)
    case 'startswith':
      return text.startsWith(operand)
    case 'istartswith':
      return fold(text).startsWith(fold(operand))
    case 'endswith':
      return text.endsWith(operand)
    case 'iendswith':
      return fold(text).endsWith(fold(operand))
    case 'contains':
      return text.includes(operand)
    default:
      return ordered(term, compareText(text, operand))
  }
}

const fold = (text: string): string => text.toLowerCase()

function ordered(term: Term, comparison: number): boolean {
  switch (term.clause) {
    case 'gt':
      return comparison > 0
    case 'gte':
      return comparison >= 0
    case 'lt':
      return comparison < 0
    case 'lte':
      return comparison <= 0
    default:
      return false
  }
}
