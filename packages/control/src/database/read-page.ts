import type { Page } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'

export interface PageRequest {
  limit: number
  after?: string | undefined
}

/** Where a page goes on; INVALID_ARGUMENT for a cursor that no page gave out. */
export function cursorOf(after: string | undefined): number | null {
  if (after === undefined) return null
  if (/^\d{1,15}$/.test(after)) return Number(after)
  throw new PlatformError('INVALID_ARGUMENT', '`after` must be the `next` of the page before')
}

/** One page of a query in order of `seq`; stable however many rows come or go meanwhile. */
export async function readPage<Row extends { seq: number }, T>(
  query: Knex.QueryBuilder,
  { limit, after }: PageRequest,
  show: (row: Row) => T,
  order: 'asc' | 'desc' = 'asc',
): Promise<Page<T>> {
  const cursor = cursorOf(after)
  const from = cursor === null ? query : query.where('seq', order === 'asc' ? '>' : '<', cursor)
  const rows: Row[] = await from.orderBy('seq', order).limit(limit + 1)
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items: items.map(show), next: rows.length > limit && last ? String(last.seq) : null }
}
