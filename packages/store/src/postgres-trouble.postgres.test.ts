import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { systemClock as clock, PlatformError } from '@openzimki/core'
import type { JournalEntry, ObjectStore } from './contract.ts'
import { openPostgresStore } from './open-postgres-store.ts'
import type { OpenedStore } from './open-sqlite-store.ts'
import { PostgresServer } from './testing/postgres-server.ts'

const REALM = 'troubled'
let server: PostgresServer
let url: string
/** Two processes of the platform on one database. */
let stores: [OpenedStore, OpenedStore]

beforeAll(async () => {
  server = await PostgresServer.start()
  url = await server.createDatabase()
  stores = [await openPostgresStore({ url, clock }), await openPostgresStore({ url, clock })]
  await stores[0].objects.batch(REALM, 1, [{ op: 'createClass', className: 'Page' }])
}, 60_000)
afterAll(async () => {
  for (const store of stores) await store.close()
  await server.stop()
})

const put = (objects: ObjectStore, id: string, ifVersion?: number) =>
  objects.batch(REALM, 1, [
    {
      op: 'put',
      className: 'Page',
      id,
      data: { mark: id },
      ...(ifVersion === undefined ? {} : { ifVersion }),
    },
  ])

async function wholeJournal(objects: ObjectStore): Promise<JournalEntry[]> {
  const all: JournalEntry[] = []
  for (;;) {
    const some = await objects.journal(REALM, all.length)
    if (some.length === 0) return all
    all.push(...some)
  }
}

it('gives two stores on one database one sequence without gaps, and one winner of each version', async () => {
  const ids = Array.from({ length: 60 }, () => randomUUID())
  await Promise.all(ids.map((id, index) => put(stores[index % 2]!.objects, id)))
  const contested = ids[0]!
  const tries = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => put(stores[index % 2]!.objects, contested, 1)),
  )
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const tried of tries)
    if (tried.status === 'rejected') expect(tried.reason).toMatchObject({ code: 'CONFLICT' })
  const sequences = (await wholeJournal(stores[1].objects)).map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.map((_, index) => index + 1))
  expect(await stores[1].objects.count(REALM, 'Page', {})).toBe(60)
})

it('fences a writer of one store off when the other moves the epoch on', async () => {
  await stores[0].objects.batch('moved', 1, [])
  await stores[1].objects.advanceEpoch('moved', 1)
  const late = stores[0].objects.batch('moved', 1, [{ op: 'createClass', className: 'Late' }])
  await expect(late).rejects.toMatchObject({ code: 'FENCED' })
})

it('loses nothing that was acknowledged when the server is killed under load, and goes on by itself', async () => {
  const acknowledged: string[] = []
  const failures: unknown[] = []
  let running = true
  const writers = Array.from({ length: 12 }, async (_, index) => {
    while (running) {
      const id = randomUUID()
      await put(stores[index % 2]!.objects, id).then(
        () => acknowledged.push(id),
        (error) => failures.push(error),
      )
    }
  })
  const reach = async (count: number): Promise<void> => {
    while (acknowledged.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  for (const round of [1, 2]) {
    await reach(round * 100)
    await server.kill()
    await server.start()
  }
  await reach(300)
  running = false
  await Promise.all(writers)
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(PlatformError)
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' })
  }
  const { objects } = stores[0]
  const entries = await wholeJournal(objects)
  expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1))
  const journalled = new Set(entries.flatMap((entry) => entry.operations.map((one) => 'id' in one && one.id)))
  expect(acknowledged.filter((id) => !journalled.has(id))).toEqual([])
  const found = await objects.search(REALM, 'Page', {})
  expect(new Set(found.map(({ id }) => id))).toEqual(new Set([...journalled].filter(Boolean)))
  expect((await objects.usage(REALM)).objects).toBe(found.length)
}, 60_000)

it('orders text by code point, whatever the language of the database', async () => {
  const icu = await server.createDatabase(`template template0 locale_provider icu icu_locale 'en-US'`)
  const { objects, close } = await openPostgresStore({ url: icu, clock })
  await objects.batch('r', 1, [{ op: 'createClass', className: 'Page' }])
  for (const v of ['b', 'B', 'a', 'ä', '_']) {
    await objects.batch('r', 1, [{ op: 'put', className: 'Page', id: randomUUID(), data: { v } }])
  }
  const found = await objects.search('r', 'Page', { orderBy: ['v'] })
  expect(found.map(({ data }) => data.v)).toEqual(['B', '_', 'a', 'b', 'ä'])
  await close()
})

it('refuses a database that cannot hold all text, and says plainly what is wrong with an address', async () => {
  const ascii = await server.createDatabase(`template template0 encoding 'SQL_ASCII' locale 'C'`)
  await expect(openPostgresStore({ url: ascii, clock })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringContaining('SQL_ASCII'),
  })
  await expect(openPostgresStore({ url: server.url('nowhere'), clock })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('no such database'),
  })
  await expect(openPostgresStore({ url: 'postgres://x:secret@127.0.0.1:1/y', clock })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.not.stringContaining('secret'),
  })
})
