import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals'
import type { PlatformError } from '@openzimki/core'
import { isLost } from '@openzimki/store/postgres'
import { PostgresServer } from '@openzimki/store/testing'
import type { Knex } from 'knex'
import { Lease } from './lease.ts'
import { openDatabase } from './open-database.ts'

let server: PostgresServer
let location: string
const opened: Knex[] = []
const lost: PlatformError[] = []

beforeAll(async () => {
  server = await PostgresServer.start()
  location = await server.createDatabase()
}, 60_000)
afterEach(async () => {
  for (const db of opened.splice(0)) await db.destroy()
  lost.length = 0
})
afterAll(() => server.stop())

async function open(holder: string, waitMs = 0): Promise<Knex> {
  const lease = new Lease({ holder, waitMs, onLost: (error) => lost.push(error) })
  const db = await openDatabase({ location, schema: 'control', synchronous: 'FULL', lease })
  opened.push(db)
  return db
}

const insert = (db: Knex, id: string) =>
  db('accounts').insert({ id, name: id, role: 'customer', state: 'active', trusted: 1, created_at_ms: 1 })
const backendOf = async (db: Knex) => (await db('leases').first()).backend as number
/** As when the network breaks: the server ends the session, and the platform does not know yet. */
async function cut(pid: number): Promise<void> {
  await server.query(`select pg_terminate_backend(${pid})`)
  const isThere = () => server.query(`select 1 from pg_stat_activity where pid = ${pid}`)
  while ((await isThere()).length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** What comes before a cut is known fails with it, once or more often. */
async function afterCut<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isLost(error)) throw error
    }
  }
}

it('lets one platform act on a database, and says who does', async () => {
  await open('first')
  await expect(open('second')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(/\(first\).*--standby/s),
  })
})

it('goes to the one that stands by when the first has gone', async () => {
  const first = await open('first')
  const second = open('second', Number.POSITIVE_INFINITY)
  await insert(first, 'before')
  await first.destroy()
  expect(await (await second)('accounts').where({ id: 'before' })).toHaveLength(1)
})

it('is taken back by the same platform after a cut, when nobody came between', async () => {
  const first = await open('first')
  await cut(await backendOf(first))
  await afterCut(() => insert(first, 'again'))
  expect(lost).toEqual([])
})

it('fences a platform off that was cut off while another took over, for ever', async () => {
  const first = await open('first')
  const pid = await backendOf(first)
  const second = open('second', Number.POSITIVE_INFINITY)
  await cut(pid)
  await second
  const late = () => insert(first, 'late')
  await expect(afterCut(late)).rejects.toMatchObject({ code: 'FENCED' })
  await expect(late()).rejects.toMatchObject({ code: 'FENCED' })
  expect(lost).toHaveLength(1)
  expect(await (await second)('accounts').where({ id: 'late' })).toEqual([])
})
