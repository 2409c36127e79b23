import { createHash } from 'node:crypto'
import { Ec2Error } from './ec2-error.ts'

export interface PageQuery {
  MaxResults?: number | undefined
  NextToken?: string | undefined
}

export interface Page<T> {
  page: T[]
  nextToken: string | undefined
}

/** What the service itself gives at most in one answer, asked or not. */
export const PAGE_MOST = 1000
const PAGE_LEAST = 5

/**
 * One page of a list, in the list's order. A token names the last position that was given, and belongs to the list it was given
 * for (`scope`), so that what is added or removed meanwhile neither repeats nor skips the rest.
 */
export function pageOf<T extends { position: number }>(all: T[], query: PageQuery, scope: string): Page<T> {
  const { MaxResults: asked, NextToken: token } = query
  if (asked !== undefined && (asked < PAGE_LEAST || asked > PAGE_MOST)) {
    const why = `Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value between ${PAGE_LEAST} and ${PAGE_MOST}.`
    throw new Ec2Error('InvalidParameterValue', why)
  }
  const after = token === undefined ? -1 : positionOf(token, scope)
  const rest = all.filter(({ position }) => position > after)
  const page = rest.slice(0, asked ?? PAGE_MOST)
  const last = page.at(-1)
  return { page, nextToken: last && page.length < rest.length ? tokenOf(last.position, scope) : undefined }
}

/** Lists that have no positions of their own are numbered by their order. */
export function pageOfList<T>(all: T[], query: PageQuery, scope: string): Page<T> {
  const { page, nextToken } = pageOf(
    all.map((value, position) => ({ value, position })),
    query,
    scope,
  )
  return { page: page.map(({ value }) => value), nextToken }
}

function tokenOf(position: number, scope: string): string {
  return Buffer.from(`${position}.${seal(position, scope)}`).toString('base64url')
}

function positionOf(token: string, scope: string): number {
  const [position = '', mark] = Buffer.from(token, 'base64url').toString().split('.')
  if (!/^\d{1,15}$/.test(position) || mark !== seal(Number(position), scope)) {
    throw new Ec2Error('InvalidNextToken', 'The specified NextToken is not valid.')
  }
  return Number(position)
}

const seal = (position: number, scope: string): string =>
  createHash('sha256').update(`${position}:${scope}`).digest('hex').slice(0, 16)
