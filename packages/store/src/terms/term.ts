import { type Json, PlatformError } from '@openzimki/core'
import { BOUNDS } from '../bounds.ts'
import type { Terms } from '../contract.ts'
import { clip, parseTermName, type TermName } from './clause.ts'
import { isNothing, numberOf, textOf } from './scalar.ts'

/** One condition of a search, checked and made ready. */
export interface Term extends TermName {
  /** Operands as texts; one, but for `in`. Empty: only null was asked for. */
  texts: string[]
  /** Operands as numbers, with `:numeric`. */
  numbers: number[]
  /** Null is among the operands: the property is null or missing. */
  nothing: boolean
}

/** INVALID_ARGUMENT for what is no term, and names the term. */
export function parseTerms(terms: Terms | undefined): Term[] {
  if (terms !== undefined && (typeof terms !== 'object' || terms === null || Array.isArray(terms))) {
    throw new PlatformError('INVALID_ARGUMENT', 'terms are an object of field to value')
  }
  const entries = Object.entries(terms ?? {})
  if (entries.length > BOUNDS.terms) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `a search takes at most ${BOUNDS.terms} terms; this one has ${entries.length}`,
    )
  }
  return entries.map(([name, operand]) => parseTerm(name, operand))
}

function parseTerm(name: string, operand: Json): Term {
  const parsed = parseTermName(name)
  const operands = parsed.clause === 'in' ? inOperands(name, operand) : [operand]
  const given = operands.filter((item) => !isNothing(item))
  const nothing = given.length < operands.length
  if (nothing && !['exact', 'in', 'not'].includes(parsed.clause)) {
    throw bad(name, 'null can only be asked for with exact, in and not')
  }
  const texts = given.map((item) => textOf(item))
  if (texts.includes(null))
    throw bad(name, 'it compares with a list or an object; give text, a number, a boolean or a date')
  const numbers = parsed.numeric ? given.map((item) => numberOf(item)) : []
  if (numbers.includes(null))
    throw bad(name, 'its operand is not a number; give one, or leave ":numeric" away')
  return { ...parsed, texts: texts as string[], numbers: numbers as number[], nothing }
}

function inOperands(name: string, operand: Json): Json[] {
  if (!Array.isArray(operand)) throw bad(name, '"in" takes a list')
  if (operand.length > BOUNDS.inOperands) throw bad(name, `"in" takes at most ${BOUNDS.inOperands} values`)
  return operand
}

const bad = (name: string, why: string): PlatformError =>
  new PlatformError('INVALID_ARGUMENT', `the term "${clip(name)}" cannot be: ${why}`, {
    details: { term: clip(name) },
  })
