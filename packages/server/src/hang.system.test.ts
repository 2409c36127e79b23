import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

/** V8 cannot stop this once it has begun; only the end of its process does. */
const BOMB = `zimki.publishPath("/", function () { return String((2n ** (2n ** 27n)).toString().length) })
zimki.publishPath("/fine", "still fine")`

const LEAST_BURNED_NS = 100e6

describe('a computation that cannot be stopped inside V8', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await PlatformProcess.start()
    await platform.deployScript('bomb', BOMB)
    await platform.deployScript('neighbour', 'zimki.publishPath("/", "here")')
  }, 60_000)
  afterAll(() => platform.close())

  /** What the owner is told of processes that were ended. */
  const endings = async (): Promise<string[]> => {
    const { items } = await platform.client.logs.list({ params: { realm: 'bomb' }, query: { limit: 1_000 } })
    return items.map(({ text }) => text).filter((text) => text.includes('could not be stopped otherwise'))
  }

  /** CPU of requests that did not get as far as a function; there is one. */
  const burnedNs = async (): Promise<number> => {
    const { items } = await platform.client.usage.get({
      params: { realm: 'bomb' },
      query: { by: 'function' },
    })
    return items.find(({ group }) => group === '(none)')?.cpuNs ?? 0
  }

  it('fails with its limit and costs one process, while the other realms of its account go on answering', async () => {
    const bomb = platform.get('bomb', '/')
    const answers = new Set<number>()
    do {
      answers.add((await platform.get('neighbour', '/')).status)
      await delay(50)
    } while ((await endings()).length === 0)
    const response = await bomb
    expect(response.status).toBe(503)
    expect(await response.text()).toMatch(/limit of 1000 ms of CPU \(cpuMs\).*request [0-9a-f-]{36}/s)
    expect(await (await platform.get('neighbour', '/')).text()).toBe('here')
    expect([...answers]).toEqual([200])
    expect(await (await platform.get('bomb', '/fine')).text()).toBe('still fine')
    expect(await endings()).toHaveLength(1)
    // What it burned until it was given up is metered, though its process was killed; on a busy host that is less than the time it had.
    for (let looks = 0; looks < 100 && (await burnedNs()) < LEAST_BURNED_NS; looks += 1) await delay(100)
    expect(await burnedNs()).toBeGreaterThanOrEqual(LEAST_BURNED_NS)
  }, 60_000)
})
