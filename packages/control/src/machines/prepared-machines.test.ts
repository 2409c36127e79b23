import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { createProvider, FakeDriver, FakeInfrastructure, type MachineProvider } from '@openzimki/provider'
import type { PoolOptions } from '../control-options.ts'
import { FakeAgent } from '../testing/fake-agent.ts'
import { artifactOf, onePool, startTestControl, type TestControl } from '../testing/test-control.ts'

const JOIN_MS = 10_000

interface Launch {
  id: string
  joinToken: string
}

let test: TestControl
let provider: MachineProvider
let launches: Launch[]
/** Thrown by the next starts, before anything is done. */
let failures: PlatformError[]
/** Machines whose agents come when they run. */
let comes: (id: string) => boolean
const agents: FakeAgent[] = []
let isUp: PromiseWithResolvers<void>

/** A pool that keeps one machine prepared. Agents join by themselves once their machine runs. */
async function start(over: Partial<PoolOptions> = {}): Promise<void> {
  launches = []
  failures = []
  comes = () => true
  isUp = Promise.withResolvers<void>()
  const right = createProvider(new FakeDriver(new FakeInfrastructure(), 'us'))
  provider = {
    ...right,
    launch: async (spec, options) => {
      const machine = await right.launch(spec, options)
      if (!spec.prepared) comesBy(spec.id)
      return machine
    },
    start: async (id, options) => {
      const failure = failures.shift()
      if (failure) throw failure
      await right.start(id, options)
      comesBy(id)
    },
  }
  const pools = [onePool(provider, { name: 'warm', floor: 0, ceiling: 2, prepared: 1, ...over })]
  const env = (launch: Launch) => {
    launches.push(launch)
    return { JOIN: launch.joinToken }
  }
  const quick = { relaunchFirstMs: 1, relaunchMaxMs: 5, fleetMs: 20, strayMs: 1 }
  const timings = { ...quick, agentTimeoutMs: 20_000, joinMs: JOIN_MS, prepareMs: 60_000 }
  test = await startTestControl({ machines: { pools, env }, timings })
  isUp.resolve()
}

/** A test may end before. */
function comesBy(id: string): void {
  joins(id).catch((error: unknown) => test.logged.push(String(error)))
}

async function joins(id: string): Promise<void> {
  await isUp.promise
  if (!comes(id)) return
  const agent = await FakeAgent.connect(test.agentAddress)
  agent.cellPrefix = `${id} `
  agents.push(agent)
  await agent.join(id, launches.find((one) => one.id === id)?.joinToken ?? '')
}

const until = async (check: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const machines = async () => (await test.operator.fleet.machines({ query: { limit: 100 } })).items
const idsIn = async (state: string) =>
  (await machines()).flatMap((one) => (one.state === state ? [one.id] : []))
const onePrepared = async (): Promise<string> => {
  await until(async () => (await idsIn('prepared')).length === 1)
  return (await idsIn('prepared'))[0] ?? ''
}
const deploy = async () => {
  const { client } = await test.customer()
  return client.deployments.create({ params: { realm: 'wiki' }, query: { create: true }, body: artifactOf() })
}
const audit = async (target: string) =>
  (await test.operator.audit.list({ query: { target } })).items.map(({ action }) => action).reverse()

afterEach(async () => {
  for (const { link } of agents.splice(0)) link.close()
  await test.close()
})

describe('a pool that keeps a machine prepared', () => {
  it('runs nothing until a realm is asked for; then that one serves, and another is prepared', async () => {
    await start()
    const id = await onePrepared()
    expect(await idsIn('ready')).toEqual([])
    const [pool] = (await test.operator.fleet.pools()).pools
    expect(pool).toMatchObject({ prepared: 1, kept: 1, ready: 0, machines: 1 })
    expect(await test.operator.fleet.plan()).toEqual({ actions: [], problems: [] })
    await deploy()
    expect((await machines()).find(({ realms }) => realms > 0)?.id).toBe(id)
    const next = await onePrepared()
    expect(launches.map((one) => one.id)).toEqual([id, next])
    // A list may still tell of the start that a look at the machine itself is past.
    const seen = await Promise.all(launches.map((one) => provider.inspect(one.id)))
    expect(seen.map(({ state }) => state)).toEqual(['running', 'prepared'])
    expect(await audit(id)).toEqual(['machine.add', 'machine.start', 'machine.join'])
  })

  it('lets nobody in with the token of a machine that was not started, and replaces that machine', async () => {
    await start()
    const id = await onePrepared()
    const thief = await FakeAgent.connect(test.agentAddress)
    agents.push(thief)
    const token = launches[0]?.joinToken ?? ''
    await expect(thief.join(id, token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await until(async () => (await idsIn('prepared')).some((one) => one !== id))
    await until(async () => (await provider.list()).every((one) => one.id !== id))
    expect(await audit(id)).toContain('machine.condemn')
  })

  it('has as long to join after its start as others have after their launch, however long it was prepared', async () => {
    await start()
    const id = await onePrepared()
    test.clock.advance(1_000 * JOIN_MS)
    await until(async () => (await test.operator.fleet.plan()).actions.length === 0)
    expect(await idsIn('prepared')).toEqual([id])
    comes = (one) => one !== id
    const deployed = deploy()
    await until(async () => (await idsIn('starting')).includes(id))
    test.clock.advance(JOIN_MS - 1)
    expect(await idsIn('starting')).toEqual([id])
    test.clock.advance(1)
    await deployed
    expect((await machines()).map((one) => one.id)).not.toContain(id)
  })

  it('starts it again when a start was lost, and goes without it when it cannot be started', async () => {
    await start()
    const first = await onePrepared()
    failures = [new PlatformError('INTERNAL', 'the line broke')]
    await deploy()
    expect((await machines()).find(({ realms }) => realms > 0)?.id).toBe(first)
    const second = await onePrepared()
    failures = [new PlatformError('NO_CAPACITY', 'there is no room in this zone')]
    await test.operator.fleet.drain({ params: { machine: first }, body: {} })
    await until(async () => (await provider.list()).every(({ id }) => id !== first && id !== second))
    await until(async () => (await idsIn('ready')).length === 1)
    expect(test.logged.some((line) => line.includes('cannot be started, and goes'))).toBe(true)
  })

  it('still has it after a restart, and starts it then', async () => {
    await start()
    const id = await onePrepared()
    await test.restart()
    expect(await onePrepared()).toBe(id)
    await deploy()
    expect((await machines()).find(({ realms }) => realms > 0)?.id).toBe(id)
  })

  it('keeps none of an older release, and removes them at its end', async () => {
    await start()
    const id = await onePrepared()
    test.options.version = '1.2.4'
    await test.restart()
    await until(async () => (await provider.list()).every((one) => one.id !== id))
    expect(await onePrepared()).not.toBe(id)
    await test.control.close()
    expect(await provider.list()).toEqual([])
  })

  it('starts it in place of one that died', async () => {
    await start({ floor: 1, ceiling: 1 })
    await until(async () => (await idsIn('ready')).length === 1)
    test.clock.advance(5_000)
    const kept = await onePrepared()
    const [died] = await idsIn('ready')
    agents[0]?.link.close()
    await provider.destroy(died ?? '')
    await until(async () => (await idsIn('ready')).includes(kept))
  })
})
