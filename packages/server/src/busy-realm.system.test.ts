import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess, QUICK } from './testing/platform-process.ts'

/** One load of a realm of the script kind does so many requests at once; the rest wait. */
const PLACES = 4
const CLIENTS = 20
const ANSWER_MS = 60

describe('a realm that waits for something slow', () => {
  let folder: string
  let platform: PlatformProcess
  /** Requests of the realm that are being answered, and the most since somebody looked: it answers as many in `ANSWER_MS`. */
  let atOnce = 0
  let most = 0
  const slow = createServer((_, response) => {
    atOnce += 1
    most = Math.max(most, atOnce)
    setTimeout(() => {
      atOnce -= 1
      response.end('done')
    }, ANSWER_MS)
  })
  beforeAll(async () => {
    await once(slow.listen(0, '127.0.0.1'), 'listening')
    const { port } = slow.address() as AddressInfo
    folder = await mkdtemp(join(tmpdir(), 'zimki-busy-'))
    const pools = [{ name: 'own', provider: 'local', floor: 1, ceiling: 2 }]
    await writeFile(join(folder, 'pools.json'), JSON.stringify(pools))
    const flags = ['--pools', join(folder, 'pools.json'), '--allow-egress', `127.0.0.1:${port}`]
    platform = await PlatformProcess.start(flags, QUICK)
    const source = `zimki.publishPath("/", function () { return zimki.remote.get("http://127.0.0.1:${port}/") })`
    await platform.deployScript('waits', source)
  }, 60_000)
  afterAll(async () => {
    await platform.close()
    slow.closeAllConnections()
    slow.close()
    await rm(folder, { recursive: true, force: true })
  })

  const machines = async () => (await platform.client.fleet.machines({ query: {} })).items
  const homesOf = (all: Awaited<ReturnType<typeof machines>>) => all.filter(({ realms }) => realms > 0).length

  it('gets a second load when requests queue up, answers more in the same time, and gives it back when it is calm', async () => {
    let isOver = false
    const statuses = new Set<number>()
    const client = async () => {
      while (!isOver) {
        const response = await platform.get('waits', '/')
        await response.text()
        statuses.add(response.status)
      }
    }
    const all = Array.from({ length: CLIENTS }, client)
    let hasWaited = false
    await until(
      async () => ({ before: most, now: await machines() }),
      ({ before, now }) => {
        if (homesOf(now) === 1) expect(before).toBeLessThanOrEqual(PLACES)
        hasWaited ||= now.some(({ waitMs }) => waitMs > 50)
        return hasWaited && homesOf(now) === 2
      },
    )
    expect(most).toBeGreaterThanOrEqual(PLACES)
    most = 0
    await until(
      async () => most,
      (seen) => seen > PLACES,
    )
    isOver = true
    await Promise.all(all)
    expect([...statuses]).toEqual([200])
    await until(machines, (now) => homesOf(now) === 1)
    expect((await platform.get('waits', '/')).status).toBe(200)
  }, 60_000)
})

/** Looks again until it is so. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
