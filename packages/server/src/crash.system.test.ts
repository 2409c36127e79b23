import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Part, PlatformProcess } from './testing/platform-process.ts'

const WRITER = `zimki.publishPath("/write", function (args) { return Note.create({ n: args.n }).id })
zimki.publishPath("/has", function (args) { return String(Note.get(args.id) !== null) })
zimki.publishPath("/count", function () { return String(Note.search().length) })`

interface Acknowledged {
  id: string
  sentMs: number
  atMs: number
}

/** Writers that go on whatever happens; what was acknowledged is remembered. */
class WriteLoad {
  readonly acknowledged: Acknowledged[] = []
  /** Writes that ended without an answer but may have been done; those that reached nobody are none. */
  failures = 0
  #running = true
  readonly #writers: Promise<void>[]

  constructor(platform: PlatformProcess, realm: string, writers: number) {
    this.#writers = Array.from({ length: writers }, (_, index) => this.#write(platform, realm, index))
  }

  async reach(count: number): Promise<void> {
    while (this.acknowledged.length < count) await pause(10)
  }

  async stop(): Promise<void> {
    this.#running = false
    await Promise.all(this.#writers)
  }

  async #write(platform: PlatformProcess, realm: string, index: number): Promise<void> {
    for (let n = 0; this.#running; n++) {
      const sentMs = Date.now()
      try {
        const response = await platform.get(realm, `/write?n=${index}-${n}`)
        const id = await response.text()
        if (response.status === 200) this.acknowledged.push({ id, sentMs, atMs: Date.now() })
        else throw new Error(`answered ${response.status}`)
      } catch (error) {
        if (!wasRefused(error)) this.failures++
        await pause(20)
      }
    }
  }
}

/** Nobody listened: it was not even sent. */
const wasRefused = (error: unknown): boolean =>
  ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED'

/** What is acknowledged in the last second before a kill may be lost from the meter: */
const LOST_MS = 1_000
/** and what comes that much later, because the machine had no time for one of the processes on the way. */
const HELD_UP_MS = 1_000
/** How long the load is on before a kill, once it is under way. */
const LOAD_MS = 3_000

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Requests of "/write" that the platform counted, once nothing more is added; for those that there must be it is waited a while. */
async function counted(platform: PlatformProcess, realm: string, atLeast: number): Promise<number> {
  const lateMs = performance.now() + 30_000
  let before = -1
  for (;;) {
    await pause(1_200)
    const usage = await platform.client.usage.get({ params: { realm }, query: { by: 'function' } })
    const now = usage.items.find((item) => item.group === '/write')?.requests ?? 0
    if (now === before && (now >= atLeast || performance.now() > lateMs)) return now
    before = now
  }
}

describe('kill -9 under write load', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await PlatformProcess.start()
  }, 60_000)
  afterAll(() => platform.close())

  it.each<[Part | 'everything', string]>([
    ['cell', 'kill-cell'],
    ['agent', 'kill-agent'],
    ['store', 'kill-store'],
    ['server', 'kill-server'],
    ['everything', 'kill-everything'],
  ])(
    'of %s: it comes back, nothing acknowledged is lost, the meter loses at most a second and counts nothing twice',
    async (part, realm) => {
      await platform.deployScript(realm, WRITER, ['Note'])
      const load = new WriteLoad(platform, realm, 4)
      await load.reach(100)
      await pause(LOAD_MS)
      const { fromMs, toMs } = await platform.killHard(part)
      if (part === 'server' || part === 'everything') await platform.up()
      const before = load.acknowledged.length
      await load.reach(before + 100)
      await load.stop()
      for (const { id } of load.acknowledged) {
        const has = await platform.get(realm, `/has?id=${id}`)
        expect([id, has.status, await has.text()]).toEqual([id, 200, 'true'])
      }
      const safeMs = fromMs - LOST_MS - HELD_UP_MS
      const lost = load.acknowledged.filter(({ sentMs, atMs }) => atMs > safeMs && sentMs < toMs + 200).length
      // Else the meter could have lost all that came before the kill.
      const safe = load.acknowledged.filter(({ atMs }) => atMs <= safeMs).length
      expect(safe).toBeGreaterThanOrEqual(100)
      const atLeast = load.acknowledged.length - lost
      const requests = await counted(platform, realm, atLeast)
      expect(requests).toBeGreaterThanOrEqual(atLeast)
      expect(requests).toBeLessThanOrEqual(load.acknowledged.length + load.failures)
    },
    120_000,
  )
})
