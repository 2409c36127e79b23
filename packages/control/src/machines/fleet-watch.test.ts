import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import {
  createProvider,
  FakeDriver,
  FakeInfrastructure,
  type MachineDriver,
  type MachineProvider,
} from '@openzimki/provider'
import { FakeAgent } from '../testing/fake-agent.ts'
import { onePool, startTestControl, type TestControl } from '../testing/test-control.ts'
import { FleetWatch } from './fleet-watch.ts'

const closing: AbortController[] = []
const open = { test: null as TestControl | null }
afterEach(async () => {
  for (const one of closing.splice(0)) one.abort()
  await open.test?.close()
  open.test = null
})

function watchOf(watch: NonNullable<MachineDriver['watch']>) {
  const driver = Object.assign(new FakeDriver(new FakeInfrastructure(), 'us'), { watch })
  const provider = createProvider(driver)
  const closed = new AbortController()
  closing.push(closed)
  const told: (string | null)[] = []
  const logged: string[] = []
  const fleetWatch = new FleetWatch({
    ...{ providers: new Set([provider]), backoff: { firstMs: 1, maxMs: 8 }, closed: closed.signal },
    onChange: (_, machine) => told.push(machine),
    log: (_, message) => void logged.push(message),
  })
  fleetWatch.start()
  return { fleetWatch, provider, told, logged, close: () => closed.abort() }
}
const until = async (check: () => boolean): Promise<void> => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('the watch of a fleet', () => {
  it('is begun again when it breaks, tells that all is to be looked at, and complains once', async () => {
    let begun = 0
    const { told, logged, fleetWatch, provider } = watchOf(async function* () {
      begun += 1
      yield null
      throw new PlatformError('INTERNAL', 'the line broke')
    })
    await until(() => begun >= 4)
    expect(told.length).toBeGreaterThanOrEqual(3)
    expect(new Set(told)).toEqual(new Set([null]))
    expect(logged).toEqual(['A provider cannot be heard; its machines are looked at until it can'])
    await until(() => !fleetWatch.isHeard(provider))
  })

  it('counts as heard from its first word on, and no longer than it holds', async () => {
    const broken = Promise.withResolvers<void>()
    const { fleetWatch, provider } = watchOf(async function* () {
      yield null
      await broken.promise
    })
    expect(fleetWatch.isHeard(provider)).toBe(false)
    await until(() => fleetWatch.isHeard(provider))
    broken.resolve()
    await until(() => !fleetWatch.isHeard(provider))
  })

  it('that floods wakes nobody more often than 20 times a second, and ends when it is closed', async () => {
    let yields = 0
    const { told, fleetWatch, close } = watchOf(async function* (signal) {
      while (!signal.aborted) yield `m-${yields++}`
    })
    await until(() => yields > 20_000 && told.length > 1)
    expect(told.length).toBeLessThan(yields / 1_000)
    close()
    await fleetWatch.ended()
  })
})

describe('a machine that ends before its agent joined', () => {
  const launched: { id: string; joinToken: string }[] = []
  const start = async (provider: MachineProvider) => {
    launched.splice(0)
    const env = (machine: { id: string; joinToken: string }) => {
      launched.push(machine)
      return { JOIN: machine.joinToken }
    }
    // Nothing but the watch could tell in the time that a test has.
    const timings = { fleetMs: 600_000, strayMs: 600_000, relaunchFirstMs: 600_000, relaunchMaxMs: 600_000 }
    open.test = await startTestControl({ machines: { pools: [onePool(provider)], env }, timings })
    const agent = await FakeAgent.connect(open.test.agentAddress)
    await agent.join(launched[0]!.id, launched[0]!.joinToken)
    return agent
  }

  it('is replaced at once, because its provider tells', async () => {
    const world = new FakeInfrastructure()
    const provider = createProvider(new FakeDriver(world, 'us'))
    const agent = await start(provider)
    await until(() => world.listeners.size > 0)
    world.crash((await provider.inspect(launched[0]!.id)).native)
    agent.link.close()
    await until(() => launched.length === 2)
  })
})

describe('looks at a machine whose agent is away', () => {
  it('do not ask a provider again that would tell, and ask it when it does', async () => {
    const world = new FakeInfrastructure()
    const driver = new FakeDriver(world, 'us')
    let asked = 0
    const counting = Object.assign(new FakeDriver(world, 'us'), {
      inspect: (id: string) => {
        asked += 1
        return driver.inspect(id)
      },
    })
    const provider = createProvider(counting)
    const launched: { id: string }[] = []
    const env = (machine: { id: string }) => {
      launched.push(machine)
      return {}
    }
    const timings = { fleetMs: 2, relaunchFirstMs: 2, relaunchMaxMs: 2, strayMs: 600_000 }
    open.test = await startTestControl({ machines: { pools: [onePool(provider)], env }, timings })
    await until(() => world.listeners.size > 0)
    const { services } = open.test.control
    const rounds = async (count: number) => {
      for (let round = 0; round < count; round += 1)
        await services.fleet.pools({ account: 'x', name: 'test', operator: true } as never)
    }
    await rounds(3)
    const before = asked
    await rounds(20)
    expect(asked).toBe(before)
    world.crash((await driver.inspect(launched[0]!.id))!.native)
    await until(() => asked > before)
  })
})
