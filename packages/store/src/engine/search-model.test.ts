import { createHash } from 'node:crypto'
import { expect, it } from '@jest/globals'
import { type Json, ManualClock } from '@openzimki/core'
import type { Operation, Query, StoredObject, Terms } from '../contract.ts'
import { openSqliteStore } from '../open-sqlite-store.ts'
import { Dice } from '../testing/dice.ts'
import { readProperty } from './object-row.ts'

const COUNT = 2_000
const CLAUSES = [
  'exact',
  'gt',
  'lt',
  'gte',
  'lte',
  'not',
  'startswith',
  'contains',
  'in',
  'gt:numeric',
  'lte:numeric',
]
const FIELDS = ['rare', 'few', 'mixed', 'sometimes']

const uuid = (n: number): string => {
  const hex = createHash('md5').update(String(n)).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function randomValue(field: string, dice: Dice): Json | undefined {
  if (field === 'rare') return `name ${dice.roll(COUNT / 3)}`
  if (field === 'few') return dice.pick(['x', 'y', 'z'])
  if (field === 'mixed')
    return dice.pick<Json>([
      dice.roll(40),
      String(dice.roll(40)),
      'word',
      true,
      null,
      ['x'],
      'w\u{1f600}',
      'w\uffee',
    ])
  return dice.roll(10) === 0 ? dice.roll(20) - 10 : undefined
}

/** What the contract says, without any index: the model that the store is held against. */
const utf8 = (text: string): string => Buffer.from(text).toString('hex')
const asText = (value: Json | undefined): string | null =>
  value === null || value === undefined || typeof value === 'object' ? null : String(value)
const asNumber = (value: Json | undefined): number | null =>
  asText(value) !== null && typeof value !== 'boolean' && /^-?[\d.]+$/.test(String(value))
    ? Number(value)
    : null

function holds(object: StoredObject, term: string, operand: Json): boolean {
  const [field = '', clause = ''] = term.split('__')
  const value = readProperty(object.data, field)
  const text = asText(value)
  if (clause === 'not') return text !== String(operand)
  if (clause.endsWith(':numeric')) {
    const number = asNumber(value)
    return number !== null && (clause.startsWith('gt') ? number > Number(operand) : number <= Number(operand))
  }
  if (text === null) return false
  if (clause === 'exact') return text === String(operand)
  if (clause === 'in') return (operand as Json[]).map(String).includes(text)
  if (clause === 'startswith') return text.startsWith(String(operand))
  if (clause === 'contains') return text.includes(String(operand))
  const [a, b] = [utf8(text), utf8(String(operand))]
  return { gt: a > b, gte: a >= b, lt: a < b, lte: a <= b }[clause as 'gt']
}

function compare(a: StoredObject, b: StoredObject, key: string): number {
  const [field, numeric] = key.replace(/^-/, '').split(':')
  const read = (object: StoredObject): number | string | null => {
    const value = readProperty(object.data, field!)
    const text = asText(value)
    return numeric ? asNumber(value) : text === null ? null : utf8(text)
  }
  const [x, y] = [read(a), read(b)]
  if (x === null || y === null) return Number(x === null) - Number(y === null)
  const difference = x < y ? -1 : x > y ? 1 : 0
  return key.startsWith('-') ? -difference : difference
}

function expected(
  all: StoredObject[],
  { terms = {}, orderBy = [], page = 1, perPage = COUNT }: Query,
): string[] {
  const found = all.filter((object) =>
    Object.entries(terms).every(([term, operand]) => holds(object, term, operand)),
  )
  // The list is in the order of creation, and the sort is stable.
  if (orderBy[0]?.startsWith('-')) found.reverse()
  found.sort((a, b) => orderBy.map((key) => compare(a, b, key)).find((difference) => difference !== 0) ?? 0)
  return found.slice((page - 1) * perPage, page * perPage).map((object) => object.id)
}

function randomQuery(dice: Dice): Query {
  const terms: Terms = {}
  for (let n = dice.roll(4); n > 0; n--) {
    const field = dice.pick(FIELDS)
    const clause = dice.pick(CLAUSES)
    const operand = clause.endsWith('numeric') ? dice.roll(30) : (asText(randomValue(field, dice)) ?? '5')
    terms[`${field}__${clause}`] =
      clause === 'in' ? [operand, asText(randomValue(field, dice))].filter((item) => item !== null) : operand
  }
  const keys = Array.from(
    { length: dice.pick([0, 1, 1, 1, 2, 3]) },
    () => dice.pick(['', '-']) + dice.pick(FIELDS) + dice.pick(['', ':numeric']),
  )
  const paged =
    dice.roll(3) > 0 ? { perPage: dice.pick([1, 7, 20, 300]), page: dice.pick([1, 1, 2, 5, 12]) } : {}
  return { terms, orderBy: keys, ...paged }
}

it('finds, in whatever way it goes, what a search without any index finds', async () => {
  const dice = new Dice(2_026)
  const { objects, close } = await openSqliteStore({ filename: ':memory:', clock: new ManualClock(1) })
  await objects.batch('r', 1, [{ op: 'createClass', className: 'Page' }])
  const put = (n: number): Operation => {
    const data = Object.fromEntries(
      FIELDS.map((field) => [field, randomValue(field, dice)] as const).filter(
        ([, value]) => value !== undefined,
      ),
    )
    return { op: 'put', className: 'Page', id: uuid(n), data: data as { [property: string]: Json } }
  }
  for (let n = 0; n < COUNT; n += 500)
    await objects.batch(
      'r',
      1,
      Array.from({ length: 500 }, (_, index) => put(n + index)),
    )
  // Changes and deletions, so that entries of the index that were left behind would show.
  await objects.batch(
    'r',
    1,
    Array.from({ length: 500 }, () => put(dice.roll(COUNT))),
  )
  await objects.batch(
    'r',
    1,
    Array.from({ length: 200 }, () => ({ op: 'delete', className: 'Page', id: uuid(dice.roll(COUNT)) })),
  )
  const all = await objects.search('r', 'Page', {})
  const wrong: unknown[] = []
  for (let run = 0; run < 150; run++) {
    const query = randomQuery(dice)
    const found = (await objects.search('r', 'Page', query)).map((object) => object.id)
    if (found.join() !== expected(all, query).join()) wrong.push(query)
    const counted = await objects.count('r', 'Page', query.terms ?? {})
    if (counted !== expected(all, { terms: query.terms }).length) wrong.push(['count', query.terms])
  }
  expect(wrong).toEqual([])
  await close()
}, 120_000)
