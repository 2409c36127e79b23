import { describe, expect, it } from '@jest/globals'
import { describeProvider } from '../conformance/index.ts'
import { retryingProvider } from '../retrying-provider.ts'
import { BAD_DAY, SimulatedWorld, simulatedProvider, VirtualClock } from './index.ts'

const HOUR_MS = 3_600_000
const SPEC = { id: 'm-1', size: 'small', zone: null, env: {} }

describe.each([1, 2, 3])('on a bad day with seed %d', (seed) => {
  const world = new SimulatedWorld({ seed, failures: BAD_DAY })
  describeProvider('the simulated provider', {
    harness: {
      open: async (owner) =>
        retryingProvider(simulatedProvider(world, owner), { attempts: 1_000, alsoCodes: ['NO_CAPACITY'] }),
      env: {},
      crash: async ({ native }) => world.crash(native),
      leftovers: async () => world.natives,
      settleMs: 600_000,
      clock: { nowMs: () => world.clock.nowMs(), wait: (ms, signal) => world.clock.sleep(ms, signal) },
      close: async () => undefined,
    },
  })
})

async function launchAll(world: SimulatedWorld, count: number, size = 'small'): Promise<void> {
  const provider = simulatedProvider(world, 'us')
  const launches = Array.from({ length: count }, (_, index) =>
    provider.launch({ ...SPEC, id: `m-${index}`, size }),
  )
  await Promise.all(launches)
}

describe('a simulated world', () => {
  it('has ten thousand machines', async () => {
    const world = new SimulatedWorld()
    await launchAll(world, 10_000)
    await world.clock.advance(HOUR_MS)
    const machines = await simulatedProvider(world, 'us').list()
    expect(machines.length).toBe(10_000)
    expect(machines.every(({ state }) => state === 'running')).toBe(true)
    const late = simulatedProvider(world, 'us').launch({ ...SPEC, id: 'too-many' })
    await expect(late).rejects.toMatchObject({ code: expect.stringMatching('NO_CAPACITY|QUOTA_EXCEEDED') })
  }, 120_000)

  it('is the same each time for one seed, and another for another', async () => {
    const story = async (seed: number) => {
      const world = new SimulatedWorld({ seed, failures: { ...BAD_DAY, meanLifeMs: HOUR_MS } })
      const provider = retryingProvider(simulatedProvider(world, 'us'), {
        attempts: 50,
        alsoCodes: ['NO_CAPACITY'],
      })
      for (let index = 0; index < 20; index += 1)
        await provider.launch({ ...SPEC, id: `m-${index}`, size: 'large-spot' })
      await world.clock.advance(HOUR_MS / 2)
      return [world.clock.nowMs(), await provider.list(), world.cost('us')]
    }
    const first = await story(7)
    expect(await story(7)).toEqual(first)
    expect(await story(8)).not.toEqual(first)
  })

  it('boots machines in their own time', async () => {
    const world = new SimulatedWorld({ bootMs: 10_000 })
    await launchAll(world, 400)
    const running = async () =>
      (await simulatedProvider(world, 'us').list()).filter(({ state }) => state === 'running').length
    expect(await running()).toBe(0)
    await world.clock.advance(10_000)
    const half = await running()
    expect(half).toBeGreaterThan(150)
    expect(half).toBeLessThan(250)
    await world.clock.advance(HOUR_MS)
    expect(await running()).toBe(400)
  })

  it('bills what was used, by the hour and its parts', async () => {
    const world = new SimulatedWorld({ latencyMs: 0 })
    await launchAll(world, 10)
    await world.clock.advance(90 * 60_000)
    expect(world.cost('us')).toEqual({
      amount: expect.closeTo(10 * 1.5 * 0.04),
      currency: 'USD',
      machineHours: 15,
    })
    for (let index = 0; index < 10; index += 1) await simulatedProvider(world, 'us').destroy(`m-${index}`)
    await world.clock.advance(HOUR_MS)
    expect(world.cost('us').machineHours).toBe(15)
    expect(world.cost('them')).toMatchObject({ amount: 0, machineHours: 0 })
  })

  it('moves spot prices by the hour, and takes machines back when they spike', async () => {
    const world = new SimulatedWorld()
    const startMs = world.clock.nowMs()
    const prices = Array.from({ length: 500 }, (_, hour) =>
      world.priceAt('small-spot', 'zone-a', startMs + hour * HOUR_MS),
    )
    const spike = prices.findIndex((price) => price > 0.04)
    expect(spike).toBeGreaterThan(0)
    expect(new Set(prices).size).toBeGreaterThan(50)
    expect(prices.filter((price) => price < 0.04).length).toBeGreaterThan(480)
    await simulatedProvider(world, 'us').launch({ ...SPEC, size: 'small-spot', zone: 'zone-a' })
    await world.clock.advance(startMs + spike * HOUR_MS - 120_001 - world.clock.nowMs())
    expect(world.noticeOf('us', SPEC.id)).toBeNull()
    await world.clock.advance(2)
    expect(world.noticeOf('us', SPEC.id)).toBe(world.clock.nowMs() + 119_999)
    expect(await simulatedProvider(world, 'us').inspect(SPEC.id)).toMatchObject({ state: 'running' })
    await world.clock.advance(120_000)
    expect(await simulatedProvider(world, 'us').inspect('m-1')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('taken back'),
    })
    expect(world.cost('us').machineHours).toBeCloseTo(spike, 2)
  })

  it('has zones that go dark and come back', async () => {
    const world = new SimulatedWorld()
    const provider = simulatedProvider(world, 'us')
    await provider.launch({ ...SPEC, zone: 'zone-a' })
    await provider.launch({ ...SPEC, id: 'm-2', zone: 'zone-b' })
    world.failZone('zone-a', HOUR_MS)
    await world.clock.advance(60_000)
    expect((await provider.list()).map(({ state }) => state)).toEqual(['failed', 'running'])
    await expect(provider.launch({ ...SPEC, id: 'm-3', zone: 'zone-a' })).rejects.toMatchObject({
      code: 'NO_CAPACITY',
    })
    expect((await provider.launch({ ...SPEC, id: 'm-4' })).zone).not.toBe('zone-a')
    await world.clock.advance(HOUR_MS)
    expect((await provider.launch({ ...SPEC, id: 'm-3', zone: 'zone-a' })).zone).toBe('zone-a')
  })

  it('keeps to its capacity and its quota, and gives them back', async () => {
    const world = new SimulatedWorld({ zones: ['only'], capacity: 2, quota: 3 })
    const provider = simulatedProvider(world, 'us')
    const codeOf = (id: string, size: string) =>
      provider.launch({ ...SPEC, id, size }).then(
        () => 'made',
        (error: { code: string }) => error.code,
      )
    expect(await codeOf('a', 'small')).toBe('made')
    expect(await codeOf('b', 'small')).toBe('made')
    expect(await codeOf('c', 'small')).toBe('NO_CAPACITY')
    expect(await codeOf('c', 'large')).toBe('made')
    expect((await provider.offerings()).map(({ capacity }) => capacity)).toEqual([0, 0, 0, 0])
    await provider.destroy('a')
    expect(await codeOf('d', 'small')).toBe('made')
  })
})

describe('the virtual clock', () => {
  it('wakes sleepers in order of time, and each before the next', async () => {
    const clock = new VirtualClock()
    const seen: number[] = []
    const nap = async (ms: number) => {
      await clock.sleep(ms)
      seen.push(clock.nowMs())
      await clock.sleep(1)
      seen.push(clock.nowMs())
    }
    await Promise.all([nap(30), nap(10), nap(20)])
    expect(seen).toEqual([10, 11, 20, 21, 30, 31])
  })

  it('moves as far as it is told, and not at all for a sleep that is cut short', async () => {
    const clock = new VirtualClock(5)
    await clock.advance(100)
    expect(clock.nowMs()).toBe(105)
    const controller = new AbortController()
    const cut = clock.sleep(1_000, controller.signal)
    controller.abort()
    await expect(cut).rejects.toThrow('abort')
    expect(clock.nowMs()).toBe(105)
  })
})
