import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

/** V8 cannot stop this once it has begun; only the end of its process does. */
const BOMB = `zimki.publishPath("/", function () { return String((2n ** (2n ** 27n)).toString().length) })
zimki.publishPath("/fine", "still fine")`

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

  it('fails with its limit and costs one process, while the other realms of its account go on answering', async () => {
    const bomb = platform.get('bomb', '/')
    const answers = new Set<number>()
    do {
      answers.add((await platform.get('neighbour', '/')).status)
      await new Promise((resolve) => setTimeout(resolve, 50))
    } while ((await endings()).length === 0)
    const response = await bomb
    expect(response.status).toBe(503)
    expect(await response.text()).toMatch(/limit of 1000 ms of CPU \(cpuMs\).*request [0-9a-f-]{36}/s)
    expect(await (await platform.get('neighbour', '/')).text()).toBe('here')
    expect([...answers]).toEqual([200])
    expect(await (await platform.get('bomb', '/fine')).text()).toBe('still fine')
    expect(await endings()).toHaveLength(1)
    const { items } = await platform.client.usage.get({
      params: { realm: 'bomb' },
      query: { by: 'function' },
    })
    // What it burned until it was given up is metered, though its process was killed; on a busy host that is less than the time it had.
    expect(items.find(({ group }) => group === '/')?.cpuNs).toBeGreaterThan(50e6)
  }, 60_000)
})
