import type { Json } from '@openzimki/core'

/**
 * The text by which a value is compared and indexed: 3 and "3" are the same, booleans are "true" and "false", a date is
 * its ISO 8601 text. Null for what has none: null, a missing property, a list, an object.
 */
export function textOf(value: Json | undefined): string | null {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() ? value : value.toWellFormed()
    case 'number':
    case 'boolean':
      return String(value)
    case 'object':
      return dateText(value)
    default:
      return null
  }
}

const dateText = (value: Json): string | null =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && typeof value.$date === 'string'
    ? value.$date.toWellFormed()
    : null

const NUMBER = /^[ \t]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t]*$/

/** The number of a value for `:numeric`: a number, or a text that is wholly one. Null for all else. */
export function numberOf(value: Json | undefined): number | null {
  // Adding 0 makes -0 into 0, which databases do not tell apart.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (typeof value !== 'string' || value.length > 100 || !NUMBER.test(value)) return null
  const number = Number(value)
  return Number.isFinite(number) ? number + 0 : null
}

/** Null and missing are the same to a search. */
export const isNothing = (value: Json | undefined): value is null | undefined =>
  value === null || value === undefined

/**
 * Order of two texts by Unicode code point, which is the order of their UTF-8 bytes and so of the database.
 * (`<` compares UTF-16 units and puts U+FF5E after U+1F600.)
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return fixUp(x) - fixUp(y)
  }
  return a.length - b.length
}

/** Moves surrogates above the rest of the plane. */
const fixUp = (unit: number): number =>
  unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2000 : unit >= 0xe000 ? unit - 0x800 : unit
