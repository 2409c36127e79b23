import { describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { createProvider, FakeDriver, FakeInfrastructure, type MachineDriver } from './index.ts'

type Watch = NonNullable<MachineDriver['watch']>

/** A provider over a driver whose watch is this one. */
function watched(watch: Watch) {
  return createProvider(Object.assign(new FakeDriver(new FakeInfrastructure(), 'us'), { watch }))
}

/** Takes so many, then leaves. */
async function take(told: AsyncIterable<string | null>, count: number): Promise<(string | null)[]> {
  const taken: (string | null)[] = []
  for await (const change of told) if (taken.push(change) === count) break
  return taken
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

describe('a watch', () => {
  it('that floods holds nobody up, and comes to "look at all"', async () => {
    let told = 0
    const provider = watched(async function* (signal) {
      while (!signal.aborted) {
        told += 1
        yield `m-${told}`
      }
    })
    const stop = new AbortController()
    const changes = provider.watch({ signal: stop.signal })[Symbol.asyncIterator]()
    expect((await changes.next()).value).toBe('m-1')
    // Timers run, although the driver never waits for anything.
    while (told < 5_000) await new Promise((resolve) => setTimeout(resolve, 1))
    expect((await changes.next()).value).toBeNull()
    stop.abort()
    expect(await changes.next()).toMatchObject({ done: true })
  })

  it('tells of each machine once, however often the driver does, until that is taken', async () => {
    const provider = watched(async function* (signal) {
      for (const id of [null, 'a', 'a', 'b', 'a']) yield id
      await aborted(signal)
    })
    const changes = provider.watch()[Symbol.asyncIterator]()
    expect((await changes.next()).value).toBeNull()
    await new Promise((resolve) => setImmediate(resolve))
    expect((await changes.next()).value).toBe('a')
    expect((await changes.next()).value).toBe('b')
    await provider.close()
    expect(await changes.next()).toMatchObject({ done: true })
  })

  it.each([['Not An Id'], [''], [7], [undefined], [{ id: 'm-1' }], ['x'.repeat(100)]])(
    'that tells %j says no more than that something happened',
    async (nonsense) => {
      const provider = watched(async function* (signal) {
        yield nonsense as never
        await aborted(signal)
      })
      expect(await take(provider.watch(), 1)).toEqual([null])
    },
  )

  it('whose driver hangs up, or fails, rejects with a code of the contract', async () => {
    const hangsUp = watched(async function* () {
      yield null
    })
    await expect(take(hangsUp.watch(), 9)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'provider fake hung up',
    })
    const fails = watched(() => {
      throw new PlatformError('PERMISSION_DENIED', 'events are not for you')
    })
    await expect(take(fails.watch(), 1)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('ends when it is told, also where its driver does not', async () => {
    const provider = watched(async function* () {
      yield null
      await new Promise(() => undefined)
    })
    const stop = new AbortController()
    const changes = provider.watch({ signal: stop.signal })[Symbol.asyncIterator]()
    await changes.next()
    stop.abort()
    expect(await changes.next()).toMatchObject({ done: true })
    const other = provider.watch()[Symbol.asyncIterator]()
    await other.next()
    await provider.close()
    expect(await other.next()).toMatchObject({ done: true })
  })

  it('lets go of the driver when nobody listens any more', async () => {
    const gone = Promise.withResolvers<void>()
    const provider = watched(async function* (signal) {
      signal.addEventListener('abort', () => gone.resolve())
      yield null
      await aborted(signal)
    })
    await take(provider.watch(), 1)
    await gone.promise
  })
})
