import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import type { PlatformError } from '@openzimki/core'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

/** V8 cannot stop it; it ends by itself after some three seconds, on a fast machine too. */
const BOMB = bombOf(3_200)
/** It goes by the clock: what is quick must stay below it on a host that is held up for half a second. */
const limits = { cpuMs: 600 }

// Each waits for the end of what it cannot stop, which takes longer where others want the processor too.
jest.setTimeout(120_000)

describe('what V8 cannot stop', () => {
  let cell: TestCell
  let neighbour: TestRealm
  beforeAll(async () => {
    cell = await TestCell.open()
    neighbour = await cell.script('zimki.publishPath("/", "fine")')
  })
  afterAll(() => cell.close())

  const overrunMs = () => Math.max(...cell.cell.reports().map((report) => report.overrunMs))
  const hasStopped = () => cell.until(() => overrunMs() === 0)
  const rowsOf = ({ realm }: TestRealm) =>
    cell.windows.flatMap(({ rows }) => rows.filter((row) => row.realm === realm))

  it('in a script: its request fails while it runs on, is metered, and the realm and its neighbours are served', async () => {
    const realm = await cell.script(
      `zimki.publishPath("/bomb", function () { return ${BOMB} }); zimki.publishPath("/fine", "fine")`,
      { limits },
    )
    const failure = await realm.failure('/bomb')
    expect(failure).toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 'cpuMs' } })
    expect(failure.message).toContain('limit of 600 ms of CPU (cpuMs)')
    // Shipped at once: the agent will end the cell.
    const [row, ...others] = rowsOf(realm)
    expect(row).toMatchObject({ requests: 1, outcome: 'limit' })
    expect(row!.cpuNs).toBeGreaterThan(200e6)
    expect(others).toEqual([])
    expect(await realm.text('/fine')).toBe('fine')
    expect(await neighbour.text('/')).toBe('fine')
    expect(overrunMs()).toBeGreaterThan(300)
    await cell.until(() => cell.cell.active === 0)
    expect(overrunMs()).toBeGreaterThan(300)
    await hasStopped()
    expect(await realm.text('/fine')).toBe('fine')
  })

  it('in a module: what else was in its isolate may be asked again elsewhere, and what comes then is served', async () => {
    const realm = await cell.module(
      `export default { fetch(request) {
        const { pathname } = new URL(request.url)
        if (pathname === '/bomb') return new Response(${BOMB})
        if (pathname === '/waits') return new Promise((done) => setTimeout(() => done(new Response('late')), 60_000))
        return new Response('fine')
      } }`,
      limits,
    )
    const waits = realm.failure('/waits')
    const bomb = realm.failure('/bomb')
    const behind = realm.failure('/behind')
    expect(await bomb).toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 'cpuMs' } })
    for (const other of [waits, behind]) expect(await other).toMatchObject({ code: 'UNAVAILABLE' })
    expect(await realm.text('/fine')).toBe('fine')
    await cell.until(() => cell.cell.active === 0)
    expect(overrunMs()).toBeGreaterThan(300)
    await hasStopped()
  })

  it('of several that crossed into the isolate together all fail, because nobody knows whose it is', async () => {
    const realm = await cell.module(
      `let together = 0
      export default { fetch(request) {
        if (together++ === 0) Promise.resolve().then(() => { together = 0 })
        const isBomb = new URL(request.url).pathname === '/bomb' && together > 2
        return new Response(isBomb ? ${BOMB} : 'fine')
      } }`,
      limits,
    )
    const ended = (path: string) => realm.text(path).catch((error: PlatformError) => error)
    let failures: (PlatformError | string)[]
    do {
      // Batches grow while all is answered at once, and begin anew where the host was held up.
      for (let round = 0; round < 6; round++)
        await Promise.all(Array.from({ length: 32 }, () => realm.text('/')))
      failures = await Promise.all(['/', '/', '/bomb'].map(ended))
    } while (failures.every((failure) => failure === 'fine'))
    const message = expect.stringMatching(/run together with it, .*\(cpuMs\)/)
    const failure = expect.objectContaining({ code: 'LIMIT_EXCEEDED', message })
    expect(failures).toEqual([failure, failure, failure])
    await hasStopped()
  })

  it('at the top level of the code: the load fails, and the agent hears of it for as long as it runs', async () => {
    const loading = cell.script(`var length = ${BOMB}`, { limits })
    await expect(loading).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 'cpuMs' } })
    expect(overrunMs()).toBeGreaterThan(300)
    await hasStopped()
  })

  it('is heard of after its deployment was unloaded', async () => {
    const realm = await cell.script(`zimki.publishPath("/", function () { return ${BOMB} })`, { limits })
    const failure = realm.failure('/')
    await cell.until(() => overrunMs() > 0)
    cell.cell.unload(realm.realm, realm.deployment)
    await failure
    expect(overrunMs()).toBeGreaterThan(0)
    await hasStopped()
  })
})

it('an isolate that dies after a while is charged once for that while', async () => {
  const cell = await TestCell.open()
  try {
    const realm = await cell.script(
      `zimki.publishPath("/", function () {
        for (var t = Date.now(); Date.now() - t < 400; );
        for (var all = []; ; ) all.push(new Array(100000).fill(1))
      })`,
      { limits: { cpuMs: 5_000, memoryMb: 32 } },
    )
    const startedMs = performance.now()
    expect((await realm.failure('/')).message).toContain('memoryMb')
    const tookMs = performance.now() - startedMs
    await cell.until(() => cell.windows.some(({ rows }) => rows.length > 0))
    const [row] = cell.windows.flatMap(({ rows }) => rows)
    expect(row!.cpuNs / 1e6).toBeGreaterThan(390)
    expect(row!.cpuNs / 1e6).toBeLessThan(tookMs + 50)
  } finally {
    await cell.close()
  }
})

function bombOf(ms: number): string {
  const bits = 4_000_000
  // Of the processor, so that a host which is held up just now makes it no shorter.
  const took = [1, 2, 3].map(() => {
    const began = process.cpuUsage()
    String((2n ** BigInt(bits)).toString().length)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1_000
  })
  // What V8 takes for it grows with the power 1.22 of the bits.
  const more = (ms / Math.min(...took)) ** (1 / 1.22)
  return `String((2n ** ${Math.round(bits * more)}n).toString().length)`
}
