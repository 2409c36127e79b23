import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createProvider, FakeDriver, FakeInfrastructure, type MachineProvider } from '@openzimki/provider'
import { FakeAgent } from '../testing/fake-agent.ts'
import { artifactOf, onePool, startTestControl, type TestControl } from '../testing/test-control.ts'

interface Launch {
  id: string
  joinToken: string
}

let world: FakeInfrastructure
let provider: MachineProvider
let test: TestControl
let launches: Launch[]
let onLaunch: ((launch: Launch) => void) | null

beforeEach(async () => {
  world = new FakeInfrastructure()
  provider = createProvider(new FakeDriver(world, 'us'))
  launches = []
  onLaunch = null
})
afterEach(() => test.close())

const start = async () => {
  test = await startTestControl({
    machines: {
      pools: [onePool(provider)],
      env: (machine) => {
        launches.push(machine)
        onLaunch?.(machine)
        return { JOIN: machine.joinToken }
      },
    },
    timings: { relaunchFirstMs: 1, relaunchMaxMs: 5, agentTimeoutMs: 20_000, joinMs: 10_000 },
  })
}
/** What was tried and failed before does not count. */
const launched = async (): Promise<Launch> => {
  for (;;) {
    const there = await provider.list()
    const launch = launches.find(({ id }) => there.some((machine) => machine.id === id))
    if (launch) return launch
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
const nextLaunch = () => new Promise<Launch>((resolve) => (onLaunch = resolve))
const joined = async ({ id, joinToken }: Launch) => {
  const agent = await FakeAgent.connect(test.agentAddress)
  await agent.join(id, joinToken)
  return agent
}

describe('the keeper of machines', () => {
  it('launches one machine, with a token of its own', async () => {
    await start()
    const [launch] = launches
    expect(launches).toHaveLength(1)
    expect((await provider.list()).map((machine) => machine.id)).toEqual([launch?.id])
    const agent = await joined(launch!)
    agent.link.close()
  })

  it('destroys machines of its own that nobody knows, and no stranger', async () => {
    const spec = { size: 'small', zone: null, env: {} }
    await provider.launch({ id: 'stray', ...spec })
    await createProvider(new FakeDriver(world, 'them')).launch({ id: 'theirs', ...spec })
    await start()
    expect((await provider.list()).map((machine) => machine.id)).toEqual([launches[0]?.id])
    expect(world.natives).toHaveLength(2)
  })

  it('replaces a machine that ended, and the realm answers from the new one', async () => {
    await start()
    const agent = await joined(launches[0]!)
    const { client } = await test.customer()
    const body = artifactOf()
    const live = await client.deployments.create({ params: { realm: 'wiki' }, query: { create: true }, body })
    const relaunch = nextLaunch()
    world.crash((await provider.inspect(launches[0]!.id)).native)
    agent.link.close()
    const second = await joined(await relaunch)
    await test.control.routes.demand(live.realmId)
    expect(second.loads.map((load) => load.realm)).toEqual([live.realmId])
    expect((await provider.list()).map((machine) => machine.id)).toEqual([launches[1]?.id])
    second.link.close()
  })

  it('replaces a machine whose agent does not join in time', async () => {
    await start()
    const relaunch = nextLaunch()
    test.clock.advance(10_001)
    expect((await relaunch).id).not.toBe(launches[0]?.id)
  })

  it('takes its machine back after a restart of control, and launches none', async () => {
    await start()
    await test.restart()
    expect(launches).toHaveLength(1)
    const agent = await joined(launches[0]!)
    agent.link.close()
  })

  it('stops its machines when control closes, unless they are to live on', async () => {
    await start()
    await test.control.close({ keepMachines: true })
    expect(await provider.list()).toHaveLength(1)
    await test.restart()
    await test.control.close()
    expect(await provider.list()).toEqual([])
  })

  it('tries again when a launch fails, and the API answers meanwhile', async () => {
    world = new FakeInfrastructure(1)
    provider = createProvider(new FakeDriver(world, 'us'))
    const blocker = createProvider(new FakeDriver(world, 'them'))
    await blocker.launch({ id: 'blocker', size: 'small', zone: null, env: {} })
    await start()
    expect(await test.anonymous.health.get()).toMatchObject({ status: 'degraded', machines: 0 })
    await blocker.destroy('blocker')
    const agent = await joined(await launched())
    expect(await test.anonymous.health.get()).toMatchObject({ status: 'ok', machines: 1 })
    agent.link.close()
  })
})
