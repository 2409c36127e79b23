/**
 * `node packages/store/bench/postgres.ts [objects]`: SQLite and PostgreSQL side by side on this machine; one line of JSON for each figure. PostgreSQL is a
 * server of its own as it comes, on a Unix socket. With WAIT=1 it measures only when it gets SIGUSR1, so that others can be quiet then.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock as clock } from '@openzimki/core'
import { type OpenedStore, openPostgresStore, openSqliteStore, type Query } from '../src/index.ts'
import { PostgresServer } from '../src/testing/postgres-server.ts'
import { fill, page } from './pages.ts'
import { percentiles, rate } from './timing.ts'

const COUNT = Number(process.argv[2] ?? 200_000)
const realm = randomUUID()

const SEARCHES: [string, (run: number) => Query][] = [
  ['equality, some hits', (n) => ({ terms: { author: `user-${n * 13}` } })],
  ['page by number', (n) => ({ orderBy: ['views:numeric'], perPage: 20, page: (n % 500) + 1 })],
  ['page by text, descending', (n) => ({ orderBy: ['-title'], perPage: 20, page: (n % 500) + 1 })],
  [
    'page of one kind by number',
    (n) => ({ terms: { kind: 'talk' }, orderBy: ['-views:numeric'], perPage: 20, page: (n % 5) + 1 }),
  ],
]

const say = (name: string, figures: Record<string, number>): void => {
  const rounded = Object.entries(figures).map(([key, value]) => [key, Number(value.toPrecision(4))])
  console.log(JSON.stringify({ name, ...Object.fromEntries(rounded) }))
}

async function measure(where: string, { objects }: OpenedStore): Promise<void> {
  for (const [name, query] of SEARCHES) {
    say(`${where}: ${name} (ms)`, await percentiles(500, (n) => objects.search(realm, 'Page', query(n))))
  }
  for (const inFlight of [1, 32]) {
    const create = (n: number) => objects.batch(realm, 1, [page(COUNT + n)])
    const total = inFlight === 1 ? 500 : 5_000
    say(`${where}: create, ${inFlight} in flight`, { perSecond: await rate(total, inFlight, create) })
  }
}

const directory = await mkdtemp(join(tmpdir(), 'zimki-bench-'))
const server = await PostgresServer.start()
const stores = {
  SQLite: await openSqliteStore({ filename: join(directory, 'store.db'), clock }),
  PostgreSQL: await openPostgresStore({ url: server.url(), clock }),
}
try {
  for (const [where, { objects }] of Object.entries(stores)) {
    const start = performance.now()
    await fill(objects, realm, COUNT)
    say(`${where}: fill`, { objects: COUNT, perSecond: (COUNT / (performance.now() - start)) * 1_000 })
  }
  if (process.env.WAIT) {
    const alive = setInterval(() => undefined, 60_000)
    await once(process, 'SIGUSR1')
    clearInterval(alive)
  }
  for (const [where, store] of Object.entries(stores)) await measure(where, store)
} finally {
  for (const store of Object.values(stores)) await store.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
}
