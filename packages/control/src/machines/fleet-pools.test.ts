import { afterEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import { createProvider, FakeDriver, FakeInfrastructure, type MachineProvider } from '@openzimki/provider'
import { FakeAgent } from '../testing/fake-agent.ts'
import { artifactOf, onePool, startTestControl, type TestControl } from '../testing/test-control.ts'

interface Launch {
  id: string
  joinToken: string
  pool: string
}

let ownWorld: FakeInfrastructure
let own: MachineProvider
let cloud: MachineProvider
let test: TestControl
let launches: Launch[]
const agents: FakeAgent[] = []
const params = { realm: 'wiki' }

/** Two pools, own hardware first. Agents of machines join by themselves. */
const start = async (
  floors: { own: number; cloud: number },
  ownCapacity = 10,
  relaunchFirstMs = 1,
  ownCeiling = 2,
  group: string | null = null,
) => {
  ownWorld = new FakeInfrastructure(ownCapacity)
  own = createProvider(new FakeDriver(ownWorld, 'us'))
  cloud = createProvider(new FakeDriver(new FakeInfrastructure(), 'us'))
  launches = []
  const isStarted = Promise.withResolvers<void>()
  const pools = [
    onePool(own, { name: 'own', group, floor: floors.own, ceiling: ownCeiling }),
    onePool(cloud, { name: 'cloud', group, floor: floors.cloud, ceiling: 2 }),
  ]
  const env = (launch: Launch) => {
    launches.push(launch)
    // A test may end before.
    void isStarted.promise
      .then(() => joins(launch))
      .catch((error: unknown) => test.logged.push(String(error)))
    return { JOIN: launch.joinToken }
  }
  const timings = {
    relaunchFirstMs,
    relaunchMaxMs: 5 * relaunchFirstMs,
    agentTimeoutMs: 20_000,
    joinMs: 10_000,
    fleetMs: 20,
    tickMs: 50,
    strayMs: 1,
  }
  test = await startTestControl({ machines: { pools, env }, timings })
  isStarted.resolve()
}
const joins = async ({ id, joinToken }: Launch): Promise<void> => {
  const agent = await FakeAgent.connect(test.agentAddress)
  agent.cellPrefix = `${id} `
  agents.push(agent)
  await agent.join(id, joinToken)
}
/** The agent comes again, with what it holds. */
const takesBack = async (agent: FakeAgent, machine: string, cellPrefix = 'again '): Promise<void> => {
  const again = await FakeAgent.connect(test.agentAddress, { identity: agent.identity })
  for (const [key, held] of agent.held) again.held.set(key, held)
  again.cellPrefix = cellPrefix
  agents.push(again)
  await again.join(machine, '')
}
/** Real time passes only until the keeper has acted; it looks again within milliseconds. */
const until = async (check: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const machines = async () => (await test.operator.fleet.machines({ query: { limit: 100 } })).items
const ready = async (pool: string) =>
  (await machines()).filter((one) => one.pool === pool && one.state === 'ready')
const deploy = async (): Promise<{ client: Client; realm: string }> => {
  const { client } = await test.customer()
  const live = await client.deployments.create({ params, query: { create: true }, body: artifactOf() })
  return { client, realm: live.realmId }
}
const machineOf = async () => (await machines()).find(({ realms }) => realms > 0)

/** How few cells the realm ever had in the routes. */
function watchCells(realm: string): () => number {
  let fewest = Number.POSITIVE_INFINITY
  test.control.routes.subscribe((snapshot) => {
    fewest = Math.min(fewest, snapshot.realms.get(realm)?.cells.length ?? 0)
  })
  return () => fewest
}

afterEach(async () => {
  for (const { link } of agents.splice(0)) link.close()
  await test.close()
})

describe('two pools', () => {
  it('keep their floors, and realms run in the first', async () => {
    await start({ own: 1, cloud: 1 })
    await until(async () => (await ready('own')).length === 1 && (await ready('cloud')).length === 1)
    await deploy()
    expect((await machineOf())?.pool).toBe('own')
    const { pools } = await test.operator.fleet.pools()
    expect(pools.map(({ name, floor, ready: count, backoff }) => [name, floor, count, backoff])).toEqual([
      ['own', 1, 1, null],
      ['cloud', 1, 1, null],
    ])
    expect(await test.operator.fleet.plan()).toEqual({ actions: [], problems: [] })
  })

  it.each([
    ['of one group are filled evenly', 'alike', ['cloud', 'own']],
    ['that stand alone are filled in their order', null, ['own']],
  ])('%s', async (_, group, used) => {
    await start({ own: 1, cloud: 1 }, 10, 1, 2, group)
    await until(async () => (await ready('own')).length === 1 && (await ready('cloud')).length === 1)
    await deploy()
    const first = await machineOf()
    agents.find(({ cellPrefix }) => cellPrefix === `${first?.id} `)!.rssBytes = 1e8
    await until(async () => (await machineOf())?.usedBytes === 1e8)
    await deploy()
    const taken = (await machines()).filter(({ realms }) => realms > 0)
    expect(taken.map(({ pool }) => pool).sort()).toEqual(used)
  })

  it('stand in for each other while a provider fails', async () => {
    await start({ own: 1, cloud: 0 }, 0, 200)
    await until(async () => (await ready('cloud')).length === 1)
    await deploy()
    expect((await machineOf())?.pool).toBe('cloud')
    expect(test.logged.some((line) => line.includes('left alone for a while'))).toBe(true)
    expect(launches.filter(({ pool }) => pool === 'cloud')).toHaveLength(1)
  })

  it('are where a realm asks to run, at once and with a cell in the routes all the while', async () => {
    await start({ own: 1, cloud: 1 })
    await until(async () => (await ready('own')).length === 1 && (await ready('cloud')).length === 1)
    const { client, realm } = await deploy()
    const fewest = watchCells(realm)
    const placed = await client.realms.update({ params, body: { runsIn: { pool: 'cloud' } } })
    expect(placed.runsIn).toEqual({ pool: 'cloud', isolation: null })
    await until(
      async () =>
        (await machines()).filter(({ realms }) => realms > 0).length === 1 &&
        (await machineOf())?.pool === 'cloud',
    )
    await test.control.routes.demand(realm)
    expect(fewest()).toBe(1)
  })

  it('overflow: what is too much for own hardware goes to the next pool, and comes back', async () => {
    await start({ own: 1, cloud: 0 }, 10, 1, 1)
    await until(async () => (await ready('own')).length === 1)
    const { client } = await deploy()
    const query = { create: true }
    for (const name of ['blog', 'shop']) {
      await client.deployments.create({ params: { realm: name }, query, body: artifactOf() })
    }
    const poolsOfRealms = async () =>
      (await machines()).flatMap(({ pool, realms }) => Array.from({ length: realms }, () => pool)).sort()
    expect(await poolsOfRealms()).toEqual(['own', 'own', 'own'])
    const [agent] = agents
    // Three cells of 320 MB on a machine of a gigabyte.
    agent!.rssBytes = 320e6
    await until(async () => {
      await test.control.reconciler.tick()
      return (await poolsOfRealms()).join() === 'cloud,own,own'
    })
    agent!.rssBytes = 100e6
    await until(async () => {
      await test.control.reconciler.tick()
      return (await poolsOfRealms()).join() === 'own,own,own'
    })
  })

  it('refuse a realm what none of them has', async () => {
    await start({ own: 1, cloud: 0 })
    await until(async () => (await ready('own')).length === 1)
    const { client } = await deploy()
    const wanted = { params, body: { runsIn: { pool: 'nowhere' } } }
    await expect(client.realms.update(wanted)).rejects.toMatchObject({
      code: 'NO_CAPACITY',
      message: expect.stringContaining('pool nowhere'),
    })
    expect((await client.realms.get({ params })).runsIn).toBeUndefined()
  })

  it("are the operator's business alone", async () => {
    await start({ own: 1, cloud: 0 })
    const { client } = await test.customer()
    const denied = { code: 'PERMISSION_DENIED' }
    await expect(client.fleet.machines({ query: {} })).rejects.toMatchObject(denied)
    await expect(client.fleet.pools()).rejects.toMatchObject(denied)
    await expect(client.fleet.plan()).rejects.toMatchObject(denied)
    await expect(client.fleet.drain({ params: { machine: 'm' }, body: {} })).rejects.toMatchObject(denied)
  })
})

describe('a machine that is drained', () => {
  it('waits for its successor and for the requests that it answers, and then is gone', async () => {
    await start({ own: 1, cloud: 0 })
    await until(async () => (await ready('own')).length === 1)
    const { realm } = await deploy()
    const fewest = watchCells(realm)
    const before = (await machineOf())!
    const [agent] = agents
    for (const held of agent!.held.values()) held.active = 1
    await test.operator.fleet.drain({ params: { machine: before.id }, body: { reason: 'its fan is loud' } })
    await until(async () => (await machines()).filter(({ realms }) => realms > 0).length === 2)
    expect(agent?.unloads).toEqual([])
    for (const held of agent!.held.values()) held.active = 0
    await until(async () => (await own.list()).every(({ id }) => id !== before.id))
    expect(agent?.drains).toBe(1)
    expect(fewest()).toBe(1)
    expect(await own.list()).toHaveLength(1)
    const audit = await test.operator.audit.list({ query: { action: 'machine.drain' } })
    expect(audit.items.map(({ details }) => details)).toEqual([{ reason: 'its fan is loud' }])
  })

  it('is not taken for empty after a restart of control, before its agent has said what it holds', async () => {
    await start({ own: 1, cloud: 0 })
    await until(async () => (await ready('own')).length === 1)
    const { realm } = await deploy()
    const old = (await machineOf())!.id
    for (const held of agents[0]!.held.values()) held.active = 1
    await test.operator.fleet.drain({ params: { machine: old }, body: {} })
    await until(async () => (await machines()).filter(({ realms }) => realms > 0).length === 2)
    const [agent, successor] = agents.splice(0)
    await test.restart()
    await until(async () => (await machines()).find(({ id }) => id === old)?.state === 'leaving')
    const destroys = async () =>
      (await test.operator.fleet.plan()).actions.filter(({ action }) => action === 'destroy')
    expect(await destroys()).toEqual([])
    await takesBack(successor!, successor!.cellPrefix.trim(), 'successor ')
    await takesBack(agent!, old)
    await until(() => (test.control.routes.current().realms.get(realm)?.cells.length ?? 0) > 0)
    expect(await destroys()).toEqual([])
    expect((await own.list()).map(({ id }) => id)).toContain(old)
    for (const held of agents.at(-1)!.held.values()) held.active = 0
    await until(async () => (await own.list()).every(({ id }) => id !== old))
  })

  it('is one that there is', async () => {
    await start({ own: 1, cloud: 0 })
    const unknown = test.operator.fleet.drain({ params: { machine: 'm-unknown' }, body: {} })
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('machines of an older release', () => {
  it('are replaced one by one after an upgrade, and their realms are in the routes all the while', async () => {
    await start({ own: 2, cloud: 0 })
    await until(async () => (await ready('own')).length === 2)
    const { realm } = await deploy()
    const old = (await own.list()).map(({ id }) => id)
    const before = agents.splice(0)
    test.options.version = '1.2.4'
    await test.restart()
    for (const [index, agent] of before.entries()) {
      await takesBack(agent, agent.cellPrefix.trim(), `again ${index} `)
    }
    await until(() => (test.control.routes.current().realms.get(realm)?.cells.length ?? 0) > 0)
    const fewest = watchCells(realm)
    await until(async () => (await own.list()).every(({ id }) => !old.includes(id)))
    expect(fewest()).toBe(1)
    await until(async () => (await ready('own')).length === 2)
    expect((await own.list()).length).toBe(2)
  })
})
