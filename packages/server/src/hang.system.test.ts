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

  it('is ended from outside with a plain error, while the other realms of its account go on answering', async () => {
    let isOver = false
    const bomb = platform.get('bomb', '/').finally(() => {
      isOver = true
    })
    const answers = new Set<number>()
    do {
      answers.add((await platform.get('neighbour', '/')).status)
      await new Promise((resolve) => setTimeout(resolve, 50))
    } while (!isOver)
    expect([...answers]).toEqual([200])
    const response = await bomb
    expect(response.status).toBeGreaterThanOrEqual(500)
    expect(await response.text()).toMatch(/request [0-9a-f-]{36}/)
    expect(await (await platform.get('neighbour', '/')).text()).toBe('here')
  }, 60_000)
})
