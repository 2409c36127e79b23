import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import { connectLink } from '@openzimki/link'
import { connectStore, type RemoteStore } from './connect-store.ts'
import { TestStore } from './test-store.ts'

let served: TestStore
let remote: RemoteStore
const realm = randomUUID()

beforeEach(async () => {
  served = await TestStore.open(new ManualClock(1_000))
  remote = served.connect()
  await remote.objects.batch(realm, 1, [{ op: 'createClass', className: 'Page' }])
})
afterEach(() => served.dispose())

describe('connectStore', () => {
  it('comes back by itself when the store restarts, for reads and writes', async () => {
    await served.stop()
    await served.start()
    expect(await remote.objects.listClasses(realm)).toEqual(['Page'])
    await served.stop()
    await served.start()
    await remote.objects.batch(realm, 1, [{ op: 'createClass', className: 'Other' }])
    expect(await remote.objects.listClasses(realm)).toEqual(['Other', 'Page'])
  })

  it('lets calls wait while the store is away for a moment', async () => {
    await served.stop()
    const reading = remote.objects.listClasses(realm)
    const writing = remote.objects.batch(realm, 1, [{ op: 'createClass', className: 'Other' }])
    await served.start()
    await reading
    expect((await writing).sequence).toBe(2)
  })

  it('fails UNAVAILABLE what was in flight when the store went, and never does a write twice', async () => {
    const writes = Array.from({ length: 50 }, () =>
      remote.objects.batch(realm, 1, [{ op: 'put', className: 'Page', id: randomUUID(), data: {} }]),
    )
    const settled = Promise.allSettled(writes)
    await remote.objects.listClasses(realm)
    await served.stop()
    const outcomes = await settled
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
    for (const { reason } of failed) expect(reason).toMatchObject({ code: 'UNAVAILABLE' })
    await served.start()
    const count = await remote.objects.count(realm, 'Page', {})
    expect(count).toBeGreaterThanOrEqual(50 - failed.length)
    expect(count).toBeLessThanOrEqual(50)
  })

  it('works over a link that it is given, and leaves that open', async () => {
    const link = await connectLink(served.address)
    const over = connectStore(link, served.token({}))
    expect(await over.objects.listClasses(realm)).toEqual(['Page'])
    await over.close()
    expect(link.closed).toBe(false)
    link.close()
    await expect(over.objects.listClasses(realm)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('streams large answers, and answers others meanwhile', async () => {
    const text = 'é'.repeat(20_000)
    for (let n = 0; n < 3; n++) {
      const puts = Array.from({ length: 100 }, () => ({
        op: 'put' as const,
        className: 'Page',
        id: randomUUID(),
        data: { text },
      }))
      await remote.objects.batch(realm, 1, puts)
    }
    const searches = Array.from({ length: 10 }, () => remote.objects.search(realm, 'Page', {}))
    expect(await remote.objects.count(realm, 'Page', {})).toBe(300)
    for (const found of await Promise.all(searches)) {
      expect(found).toHaveLength(300)
      expect(found.every((object) => object.data.text === text)).toBe(true)
    }
    await expect(remote.objects.search(realm, 'Page', { maxBytes: 100_000 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
  }, 120_000)
})
