import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import type { LogEntry, UsageRecord, UsageWindow } from '@openzimki/core'
import { createProvider, FakeDriver, FakeInfrastructure, type MachineProvider } from '@openzimki/provider'
import type { LeftBehind } from '../control-options.ts'
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
let onLaunch: (() => void) | null
/** What each machine left; how often it was forgotten. */
let left: Map<string, { windows: unknown[]; logs: unknown[] }>
let forgotten: string[]
const agents: FakeAgent[] = []
const params = { realm: 'wiki' }

beforeEach(async () => {
  world = new FakeInfrastructure()
  provider = createProvider(new FakeDriver(world, 'us'))
  launches = []
  onLaunch = null
  left = new Map()
  forgotten = []
  test = await startTestControl({
    machines: { pools: [onePool(provider)], env, leftBehind },
    timings: {
      relaunchFirstMs: 1,
      relaunchMaxMs: 5,
      agentTimeoutMs: 20_000,
      joinMs: 10_000,
      strayMs: 1_000,
      watchedStrayMs: 1_000,
    },
  })
})
afterEach(async () => {
  for (const { link } of agents.splice(0)) link.close()
  await test.close()
})

function env(machine: Launch): Record<string, string> {
  launches.push(machine)
  onLaunch?.()
  return { JOIN: machine.joinToken }
}

function leftBehind(machine: string): LeftBehind {
  const { windows, logs } = left.get(machine) ?? { windows: [], logs: [] }
  return {
    windows: async function* () {
      yield* windows
    },
    logs: async function* () {
      yield* logs
    },
    forget: async () => {
      forgotten.push(machine)
    },
  }
}

const launched = async (count: number): Promise<Launch> => {
  while (launches.length < count) await new Promise<void>((resolve) => (onLaunch = () => resolve()))
  return launches[count - 1]!
}
const joins = async ({ id, joinToken }: Launch): Promise<FakeAgent> => {
  const agent = await FakeAgent.connect(test.agentAddress)
  agents.push(agent)
  await agent.join(id, joinToken)
  return agent
}
const machines = async () => (await provider.list()).map(({ id }) => id)
/** Real time passes only until the keeper has acted; it looks again within milliseconds. */
const until = async (check: () => Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const isOnly = (id: string) => async () => (await machines()).join() === id

async function deploy(): Promise<{ client: Client; row: UsageRecord }> {
  const { client, account } = await test.customer()
  const live = await client.deployments.create({ params, query: { create: true }, body: artifactOf() })
  const row: UsageRecord = {
    ...{ account, realm: live.realmId, key: live.key ?? '', deployment: live.deployment },
    ...{ function: '/', outcome: 'ok', requests: 1, cpuNs: 10, jsops: 1, wallMs: 1 },
    ...{ bytesIn: 1, bytesOut: 1, egressBytes: 0, storeReads: 0, storeWrites: 0 },
  }
  return { client, row }
}
const windowOf = (source: string, sequence: number, rows: UsageRecord[]): UsageWindow => {
  const startMs = test.clock.nowMs()
  return { source, sequence, startMs, endMs: startMs + 1, rows }
}
const requests = async (client: Client) =>
  (await client.usage.get({ params, query: { by: 'function' } })).totals.requests

describe('a machine that lies', () => {
  it('about usage gets no new work, and is drained and destroyed once its successor is there', async () => {
    const liar = await joins(launches[0]!)
    const { client, row } = await deploy()
    await liar.control('usage.report', windowOf(randomUUID(), 1, [{ ...row, realm: randomUUID() }, row]))
    expect(await requests(client)).toBe(1)
    const second = await launched(2)
    expect(liar.drains).toBe(0)
    expect(await machines()).toContain(launches[0]!.id)
    const honest = await joins(second)
    await until(isOnly(second.id))
    expect(liar.drains).toBe(1)
    liar.link.close()
    await test.control.routes.demand(row.realm)
    expect(honest.loads.map(({ realm }) => realm)).toEqual([row.realm])
  })

  it('is destroyed also when no successor comes, and when it does not drain', async () => {
    const liar = await joins(launches[0]!)
    await deploy()
    await liar.ship([lineOf(randomUUID())])
    await launched(2)
    liar.link.close()
    await until(async () => test.logged.some((line) => line.includes('machine.lie')))
    test.clock.advance(10_001)
    await until(async () => !(await machines()).includes(launches[0]!.id))
  })

  it('about what it runs draws no requests of that realm to itself', async () => {
    const honest = await joins(launches[0]!)
    const { row } = await deploy()
    const liar = await joins({ id: 'm-liar', joinToken: await test.control.addMachine('m-liar') })
    liar.held.set(`${row.realm} ${row.deployment}`, { cell: 'trap', cordon: 'c', idleMs: 0, active: 0 })
    honest.link.close()
    await until(async () => test.control.routes.current().realms.get(row.realm)?.cells.length === 0)
    await test.control.reconciler.tick()
    expect(test.control.routes.current().realms.get(row.realm)?.cells).toEqual([])
    await until(async () => test.logged.some((line) => line.includes('runs realms that it never had')))
  })

  it('about who did not obey cannot have a realm refused that it never had', async () => {
    await joins(launches[0]!)
    const { row } = await deploy()
    const liar = await joins({ id: 'm-liar', joinToken: await test.control.addMachine('m-liar') })
    const { realm, deployment } = row
    await liar.control('cell.gone', {
      ...{ cell: 'c', cordon: null, reason: 'r' },
      offenders: [{ realm, deployment, reason: 'a lie', refused: true }],
    })
    await test.control.routes.demand(realm)
    expect(test.logged.some((line) => line.includes('accused realms'))).toBe(true)
  })
})

describe('a machine whose token', () => {
  it('was replayed is replaced, although its own agent is there', async () => {
    const agent = await joins(launches[0]!)
    await expect(joins(launches[0]!)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const second = await launched(2)
    await joins(second)
    await until(isOnly(second.id))
    expect(agent.drains).toBe(1)
  })

  it('its agent does not have is replaced, when it has had the time to join', async () => {
    const { id } = launches[0]!
    await expect(joins({ id, joinToken: 'forged' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    test.clock.advance(10_001)
    const second = await launched(2)
    await until(isOnly(second.id))
  })

  it('was replayed is remembered through a restart of control', async () => {
    await joins(launches[0]!)
    await expect(joins(launches[0]!)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await test.restart()
    const second = await launched(2)
    await joins(second)
    await until(isOnly(second.id))
  })
})

const lineOf = (realm: string): LogEntry => ({
  ...{ timeMs: 1, realm, deployment: 'd', request: null, level: 'info' as const, text: 'left behind' },
})

describe('what a machine that died left behind', () => {
  const dies = async (agent: FakeAgent, { id }: Launch): Promise<void> => {
    world.crash((await provider.inspect(id)).native)
    agent.link.close()
  }

  it('is counted once, also what it had shipped, and the machine is forgotten only then', async () => {
    const [first] = launches as [Launch]
    const agent = await joins(first)
    const { client, row } = await deploy()
    const source = randomUUID()
    const windows = [1, 2, 3].map((sequence) => windowOf(source, sequence, [row]))
    await agent.control('usage.report', windows[0]!)
    const batch = (sequence: number) => ({ source, sequence, entries: [lineOf(row.realm)] })
    await agent.control('log.ship', batch(1))
    const logs = [batch(1), batch(2), { nonsense: true }]
    left.set(first.id, { windows: [...windows, ...windows, { source: 'nonsense' }], logs })
    await dies(agent, first)
    await until(async () => forgotten.length > 0)
    expect(await requests(client)).toBe(3)
    const { items } = await client.logs.list({ params })
    expect(items.filter(({ text }) => text === 'left behind')).toHaveLength(2)
    expect(forgotten).toEqual([first.id])
    await joins(await launched(2))
    expect(test.logged.some((line) => line.includes('machine.lie'))).toBe(false)
  })

  it('is believed of its own realms only', async () => {
    const [first] = launches as [Launch]
    const agent = await joins(first)
    const { client, row } = await deploy()
    left.set(first.id, { windows: [windowOf(randomUUID(), 1, [{ ...row, realm: randomUUID() }])], logs: [] })
    await dies(agent, first)
    await until(async () => forgotten.length > 0)
    expect(await requests(client)).toBe(0)
    expect(test.logged.some((line) => line.includes('machine.lie'))).toBe(true)
  })
})

describe('a stray', () => {
  const spec = { size: 'small', zone: null, env: {} }

  it('that turns up later is destroyed; machines of strangers and without a tag are not, whatever their names', async () => {
    await joins(launches[0]!)
    await createProvider(new FakeDriver(world, 'them')).launch({ id: 'm-theirs', ...spec })
    const native = (await createProvider(new FakeDriver(world, 'us-too')).launch({ id: 'm-x', ...spec }))
      .native
    const [key] = [...world.machines].find(([, { machine }]) => machine.native === native)!
    const untagged = { ...world.machines.get(key)!, owner: '' }
    world.machines.set(key, untagged)
    await provider.launch({ id: 'm-late', ...spec })
    test.clock.advance(1_001)
    agents[0]?.link.close()
    await until(async () => !(await machines()).includes('m-late'))
    expect(await machines()).toEqual([launches[0]!.id])
    expect(world.natives).toHaveLength(3)
  })
})
