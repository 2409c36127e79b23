import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

const HELLO = `zimki.publishPath("/hello", function () { zimki.log("said hello"); return "hello" })`
const REQUESTS = 50

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a server that is killed and stays away until its machine has given up', () => {
  let platform: PlatformProcess
  beforeAll(async () => {
    platform = await PlatformProcess.start()
  }, 60_000)
  afterAll(() => platform.close())

  it('finds every request that was answered in the meter, once, and in the log, when it is back', async () => {
    await platform.deployScript('left', HELLO)
    for (let n = 0; n < REQUESTS; n++) expect((await platform.get('left', '/hello')).status).toBe(200)
    await platform.killHard('server')
    while ((await platform.pids('agent')).length > 0) await pause(50)
    await platform.up()
    const params = { realm: 'left' }
    let requests = 0
    while (requests < REQUESTS) {
      await pause(50)
      requests = (await platform.client.usage.get({ params, query: { by: 'function' } })).totals.requests
    }
    expect((await platform.get('left', '/hello')).status).toBe(200)
    expect(requests).toBe(REQUESTS)
    let said = 0
    while (said < REQUESTS) {
      await pause(50)
      const { items } = await platform.client.logs.list({ params, query: { limit: 1_000 } })
      said = items.filter(({ text }) => text.includes('said hello')).length
    }
  }, 120_000)
})
