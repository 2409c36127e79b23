import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { heapBytes } from '../testing/heap-bytes.ts'
import { TestCell, type TestRealm, type TestRequest } from '../testing/test-cell.ts'

const STEP = 2_000
const STEPS = 5
const AT_ONCE = 50
/** A leak of this much for each client would be found; a request in the cell has some thousands. */
const GROWTH_BYTES_EACH = 120
/** What each request holds inside its isolate: some hundreds of them that stay would be the end of it. */
const HELD_CHARS = 20_000

const SCRIPT = `zimki.publishPath(/./, function (args, path) {
  if (path.indexOf("busy") === 0) for (var t = Date.now(); Date.now() - t < 2; );
  return path })`

const MODULE = `const born = Math.random()
let served = 0
export default { async fetch(request, env) {
  served++
  const held = String(served).padEnd(${HELD_CHARS}, request.url).split('')
  const { pathname } = new URL(request.url)
  if (pathname.startsWith('/never')) await new Promise(() => held)
  if (pathname.startsWith('/reads')) return new Response((await request.text()) + held[0])
  if (pathname.startsWith('/asks')) await env.zimki.classes.Visit.search({ pathname })
  if (pathname.startsWith('/later')) await new Promise((done) => setTimeout(done, 60_000))
  if (pathname.startsWith('/endless'))
    return new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(1_000 + held.length % 2)) }))
  return Response.json({ born, served })
} }`

/** How a client goes: at once, a turn later, when its answer has begun. */
type Way = 'at once' | 'a turn later' | 'answering'
interface Client {
  realm: TestRealm
  path: string
  way: Way
  request?: TestRequest
}

let cell: TestCell
let clients: Client[]
let module: TestRealm

beforeAll(async () => {
  cell = await TestCell.open()
  const script = await cell.script(SCRIPT)
  module = await cell.module(MODULE, { memoryMb: 64 })
  const upload: TestRequest = { method: 'POST', body: 'some', unfinished: true }
  clients = [
    { realm: script, path: '/fine', way: 'at once' },
    { realm: script, path: '/busy', way: 'a turn later' },
    { realm: script, path: '/upload', way: 'a turn later', request: upload },
    { realm: module, path: '/fine', way: 'at once' },
    { realm: module, path: '/never', way: 'a turn later' },
    { realm: module, path: '/later', way: 'a turn later' },
    { realm: module, path: '/asks', way: 'a turn later' },
    { realm: module, path: '/reads', way: 'a turn later', request: upload },
    { realm: module, path: '/endless', way: 'answering' },
  ]
})
afterAll(() => cell.close())

/** Every client has its own path, so that what is kept by it would show. */
async function vanish(number: number): Promise<string> {
  const { realm, path, way, request } = clients[number % clients.length]!
  const controller = new AbortController()
  const leave = () => controller.abort()
  const asked = realm.text(`${path}/${number}`, {
    ...request,
    signal: controller.signal,
    ...(way === 'answering' ? { onData: leave } : {}),
  })
  if (way === 'at once') leave()
  if (way === 'a turn later') setImmediate(leave)
  return asked.catch((error) => error.code)
}

async function step(from: number): Promise<number> {
  let next = from
  let vanished = 0
  const one = async (): Promise<void> => {
    while (next < from + STEP) if ((await vanish(next++)) === 'CANCELLED') vanished++
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  await cell.until(() => cell.cell.active === 0 && cell.link.active === 0)
  // What the test itself has noted.
  cell.windows.length = 0
  cell.logs.length = 0
  return vanished
}

describe('10,000 clients that vanish in front of a real cell', () => {
  it('leave no request in it, and nothing in its heap or in that of its isolates', async () => {
    const isolate = async (): Promise<{ born: number; served: number }> =>
      JSON.parse(await module.text('/fine'))
    const { born } = await isolate()
    const heaps: number[] = []
    for (let from = 0; from < STEP * STEPS; from += STEP) {
      // Some short ones are answered before they can leave.
      expect(await step(from)).toBeGreaterThan(STEP / 2)
      heaps.push(await heapBytes())
    }
    for (const report of cell.cell.reports()) expect(report).toMatchObject({ active: 0, overrunMs: 0 })
    const grown = heaps.slice(1).map((bytes, index) => (bytes - heaps[index]!) / STEP)
    expect(grown.toSorted((a, b) => a - b)[grown.length >> 1]).toBeLessThan(GROWTH_BYTES_EACH)
    // It has run for thousands of them, and was never out of memory.
    const last = await isolate()
    expect(last.born).toBe(born)
    expect(last.served).toBeGreaterThan(STEP / 2)
  }, 180_000)
})
