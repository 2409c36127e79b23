import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import type { BlobRefs } from './blob-refs.ts'
import { collectGarbage } from './collect-garbage.ts'
import { TestStore } from './remote/test-store.ts'

const DIGESTS = ['a', 'b', 'c'].map((char) => char.repeat(64))
const [A = '', B = '', C = ''] = DIGESTS
const clock = new ManualClock(1_000_000)
let served: TestStore

beforeEach(async () => {
  served = await TestStore.open(clock)
})
afterEach(() => served.dispose())

describe.each(['in the database', 'over a link'])('blob references %s', (where) => {
  const open = (): BlobRefs => (where === 'over a link' ? served.connect().refs : served.store.refs)

  it('are held by each realm for itself, and summed', async () => {
    const refs = open()
    for (const digest of DIGESTS) await refs.add('one', digest, 10)
    await refs.add('one', A, 10)
    await refs.add('two', A, 10)
    expect(await refs.bytes('one')).toBe(30)
    expect(await refs.list('one', { after: A, limit: 1 })).toEqual([{ digest: B, size: 10 }])
    await refs.remove('one', A)
    await refs.remove('one', A)
    expect(await refs.bytes('one')).toBe(20)
    expect([await refs.has('one', A), await refs.has('two', A), await refs.isHeld(A)]).toEqual([
      false,
      true,
      true,
    ])
    await refs.remove('two', A)
    expect(await refs.isHeld(A)).toBe(false)
  })

  it('go with their realm', async () => {
    const refs = open()
    await refs.add('one', C, 10)
    await served.store.objects.deleteRealm('one')
    expect([await refs.has('one', C), await refs.bytes('one')]).toEqual([false, 0])
    await served.store.objects.sweep()
    expect(await refs.isHeld(C)).toBe(false)
  })

  it('are checked', async () => {
    const refs = open()
    for (const call of [
      refs.add('one', 'x', 1),
      refs.add("'; drop", A, 1),
      refs.add('one', A, -1),
      refs.has('one', ''),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    }
  })
})

it('collectGarbage deletes what nobody holds, once its time of grace is over', async () => {
  const { blobs, store } = served
  async function* content(text: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  }
  const held = await blobs.put(content('held'))
  const old = await blobs.put(content('old'))
  const again = await blobs.put(content('again'))
  await store.refs.add('one', held.digest, held.size)
  clock.advance(60_000)
  const fresh = await blobs.put(content('fresh'))
  await blobs.put(content('again'))
  const options = { blobs, refs: store.refs, clock, graceMs: 30_000 }
  expect(await collectGarbage(options)).toBe(1)
  expect(await blobs.list()).toEqual([held.digest, again.digest, fresh.digest].sort())
  expect(await blobs.stat(old.digest)).toBeNull()
  clock.advance(60_000)
  expect(await collectGarbage(options)).toBe(2)
  expect(await blobs.list()).toEqual([held.digest])
})
