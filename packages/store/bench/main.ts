/** `node packages/store/bench/main.ts [objects]`: the numbers of the store; one line of JSON for each on stdout. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock as clock } from '@openzimki/core'
import {
  connectStore,
  type ObjectStore,
  openFileBlobStore,
  openSqliteStore,
  type Query,
  serveStore,
  signCapability,
} from '../src/index.ts'
import { fill, page } from './pages.ts'
import { percentiles, rate } from './timing.ts'

const COUNT = Number(process.argv[2] ?? 1_000_000)
/** Where TMPDIR says; it should be a disk, because each create waits for it. */
const directory = await mkdtemp(join(tmpdir(), 'zimki-bench-'))
const realm = randomUUID()

const say = (name: string, figures: Record<string, number>): void => {
  const rounded = Object.entries(figures).map(([key, value]) => [key, Number(value.toPrecision(4))])
  console.log(JSON.stringify({ name, ...Object.fromEntries(rounded) }))
}

const SEARCHES: [string, (run: number) => Query][] = [
  ['equality, 20 hits', (n) => ({ terms: { author: `user-${n * 13}` } })],
  ['get by terms', (n) => ({ terms: { title: `Page number ${n * 7_919} of the wiki` }, perPage: 1 })],
  ['get by two terms', (n) => ({ terms: { author: `user-${n * 13}`, kind: 'note' }, perPage: 1 })],
  ['page by text', (n) => ({ orderBy: ['title'], perPage: 20, page: n + 1 })],
  ['page by text, descending', (n) => ({ orderBy: ['-title'], perPage: 20, page: n + 1 })],
  ['page by number', (n) => ({ orderBy: ['views:numeric'], perPage: 20, page: n + 1 })],
  ['page by number, descending', (n) => ({ orderBy: ['-views:numeric'], perPage: 20, page: n + 1 })],
  [
    'page of one kind by number',
    (n) => ({ terms: { kind: 'talk' }, orderBy: ['-views:numeric'], perPage: 20, page: (n % 5) + 1 }),
  ],
  [
    'page of a range',
    (n) => ({ terms: { 'views__gte:numeric': n * 900 }, orderBy: ['views:numeric'], perPage: 20 }),
  ],
  ['page by two fields', (n) => ({ orderBy: ['author', '-views:numeric'], perPage: 20, page: (n % 5) + 1 })],
  ['page without order', (n) => ({ perPage: 20, page: n + 1 })],
  ['page 10,000 by number', () => ({ orderBy: ['views:numeric'], perPage: 20, page: 10_000 })],
]

async function searches(where: string, objects: ObjectStore): Promise<void> {
  for (const [name, query] of SEARCHES) {
    say(`${where}: ${name} (ms)`, await percentiles(1_000, (n) => objects.search(realm, 'Page', query(n))))
  }
}

async function creates(where: string, objects: ObjectStore, from: number): Promise<void> {
  for (const inFlight of [1, 32, 64]) {
    const total = inFlight === 1 ? 2_000 : 20_000
    const perSecond = await rate(total, inFlight, (n) => objects.batch(realm, 1, [page(from + n)]))
    say(`${where}: create, ${inFlight} in flight`, { perSecond })
  }
}

const store = await openSqliteStore({ filename: join(directory, 'store.db'), clock })
const blobs = await openFileBlobStore({ directory: join(directory, 'blobs') })
try {
  const start = performance.now()
  await fill(store.objects, realm, COUNT)
  say('fill', { objects: COUNT, perSecond: (COUNT / (performance.now() - start)) * 1_000 })
  await searches('local', store.objects)
  await creates('local', store.objects, COUNT)
  const secret = randomBytes(32)
  const address = `unix:${join(directory, 'sock')}`
  const served = await serveStore({ address, ...store, blobs, secret, clock })
  const expiresAtMs = clock.nowMs() + 3_600_000
  const capability = signCapability(
    { realm, deployment: 'bench', expiresAtMs, role: 'cell', epoch: 1 },
    secret,
  )
  const remote = connectStore(address, capability)
  await searches('link', remote.objects)
  await creates('link, same process', remote.objects, 2 * COUNT)
  await remote.close()
  await served.close()
} finally {
  await blobs.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
}
