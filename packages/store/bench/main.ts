/** `node packages/store/bench/main.ts [objects]`: the numbers of the store; one line of JSON for each on stdout. */
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock as clock } from '@openzimki/core'
import { connectStore, type ObjectStore, openSqliteStore, type Query, signCapability } from '../src/index.ts'
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

/** Medians of five runs: not all of them meet a checkpoint, or what else the disk has to do. */
async function creates(where: string, objects: ObjectStore, from: number): Promise<void> {
  let at = from
  for (const inFlight of [1, 32, 64]) {
    const total = inFlight === 1 ? 400 : 4_000
    const perSecond: number[] = []
    for (let run = 0; run < 5; run++, at += total) {
      const begin = at
      perSecond.push(await rate(total, inFlight, (n) => objects.batch(realm, 1, [page(begin + n)])))
    }
    say(`${where}: create, ${inFlight} in flight`, { perSecond: perSecond.toSorted((a, b) => a - b)[2]! })
  }
}

async function local(): Promise<void> {
  const store = await openSqliteStore({ filename: join(directory, 'store.db'), clock })
  const start = performance.now()
  await fill(store.objects, realm, COUNT)
  say('fill', { objects: COUNT, perSecond: (COUNT / (performance.now() - start)) * 1_000 })
  await searches('local', store.objects)
  await creates('local', store.objects, COUNT)
  await store.close()
}

/** The store in a process of its own, over its link, as cells have it. */
async function linked(): Promise<void> {
  const secret = randomBytes(32)
  const server = spawn(process.execPath, [join(import.meta.dirname, 'serve.ts'), directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = once(server, 'exit')
  server.stdin.end(secret.toString('hex'))
  await Promise.race([
    once(server.stdout, 'data'),
    gone.then(() =>
      Promise.reject(new Error('The store ended before it was ready; what it printed is above')),
    ),
  ])
  const expiresAtMs = clock.nowMs() + 3_600_000
  const capability = signCapability(
    { realm, deployment: 'bench', expiresAtMs, role: 'cell', epoch: 1 },
    secret,
  )
  const remote = connectStore(`unix:${join(directory, 'sock')}`, capability)
  try {
    await searches('link', remote.objects)
    await creates('link', remote.objects, 2 * COUNT)
  } finally {
    await remote.close()
    server.kill('SIGTERM')
    await gone
  }
}

try {
  await local()
  await linked()
} finally {
  await rm(directory, { recursive: true, force: true })
}
