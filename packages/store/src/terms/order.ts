import { PlatformError } from '@openzimki/core'
import { BOUNDS } from '../bounds.ts'
import { clip } from './clause.ts'
import { indexKey } from './index-key.ts'
import type { FieldReader } from './matches.ts'
import { compareText, numberOf, textOf } from './scalar.ts'

export interface OrderKey {
  field: string
  descending: boolean
  numeric: boolean
}

/** `field`, `-field`, `field:numeric`. INVALID_ARGUMENT for what is none. */
export function parseOrder(orderBy: readonly string[] | undefined): OrderKey[] {
  const names = orderBy ?? []
  if (!Array.isArray(names) || names.length > BOUNDS.orderKeys) {
    throw new PlatformError('INVALID_ARGUMENT', `an order is a list of at most ${BOUNDS.orderKeys} fields`)
  }
  return names.map(parseOrderKey)
}

function parseOrderKey(name: unknown): OrderKey {
  if (typeof name !== 'string')
    throw new PlatformError('INVALID_ARGUMENT', 'an order is given by names of fields')
  const descending = name.startsWith('-')
  const rest = descending ? name.slice(1) : name
  const numeric = rest.endsWith(':numeric')
  const field = numeric ? rest.slice(0, -':numeric'.length) : rest
  if (field === '') throw new PlatformError('INVALID_ARGUMENT', `the order "${clip(name)}" names no field`)
  // The platform's own fields have one order only.
  return { field, descending, numeric: numeric && field !== 'id' && field !== 'creation_date' }
}

/** What an object is ordered by, in the form of the index; null when it lacks it and so comes last. */
export type SortValue = string | number | null

export function sortValue(key: OrderKey, read: FieldReader): SortValue {
  const value = read(key.field)
  if (key.numeric) return numberOf(value)
  const text = textOf(value)
  return text === null ? null : indexKey(text)
}

export interface Sortable {
  keys: SortValue[]
  /** Grows in the order of creation. */
  row: number
}

/**
 * Lacking ones last in either direction; ties by creation, newest first where the first key is descending, so `-field`
 * is the reverse of `field` but for those that lack it.
 */
export function compareSortable(order: readonly OrderKey[], a: Sortable, b: Sortable): number {
  for (const [index, key] of order.entries()) {
    const difference = compareSortValues(a.keys[index]!, b.keys[index]!, key.descending)
    if (difference !== 0) return difference
  }
  return order[0]?.descending ? b.row - a.row : a.row - b.row
}

function compareSortValues(a: SortValue, b: SortValue, descending: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0)
  const difference =
    typeof a === 'number' && typeof b === 'number' ? a - b : compareText(String(a), String(b))
  return descending ? -difference : difference
}
