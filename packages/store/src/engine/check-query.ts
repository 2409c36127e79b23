import { PlatformError } from '@openzimki/core'
import { BOUNDS } from '../bounds.ts'
import type { Query } from '../contract.ts'
import { parseOrder } from '../terms/order.ts'
import { parseTerms } from '../terms/term.ts'
import type { CheckedQuery } from './search.ts'

/** INVALID_ARGUMENT for a query that cannot be. */
export function checkQuery(query: Query): CheckedQuery {
  if (typeof query !== 'object' || query === null) throw invalid('a query is an object')
  const { page = 1, perPage, maxBytes = BOUNDS.searchBytes } = query
  if (query.page !== undefined && perPage === undefined) throw invalid('a page needs perPage')
  if (!isCount(page)) throw invalid('pages are counted from 1')
  if (perPage !== undefined && !isCount(perPage)) throw invalid('perPage is a whole number from 1')
  if (!isCount(maxBytes)) throw invalid('maxBytes is a whole number from 1')
  const limit = perPage ?? Number.POSITIVE_INFINITY
  const offset = perPage === undefined ? 0 : (page - 1) * perPage
  if (!Number.isSafeInteger(offset)) throw invalid('there is no such page')
  return { terms: parseTerms(query.terms), order: parseOrder(query.orderBy), offset, limit, maxBytes }
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1
const invalid = (message: string): PlatformError =>
  new PlatformError('INVALID_ARGUMENT', `the search cannot be: ${message}`)
