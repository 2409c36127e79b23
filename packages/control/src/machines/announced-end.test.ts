import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createProvider, FakeDriver, FakeInfrastructure, type MachineProvider } from '@openzimki/provider'
import { FakeAgent } from '../testing/fake-agent.ts'
import { artifactOf, onePool, startTestControl, type TestControl } from '../testing/test-control.ts'

interface Launch {
  id: string
  joinToken: string
}

const NOTICE = { kind: 'ends', atMs: 1_000, reason: 'AWS takes the spot instance back' } as const

let provider: MachineProvider
let test: TestControl
let launches: Launch[]
const agents: FakeAgent[] = []

beforeEach(async () => {
  provider = createProvider(new FakeDriver(new FakeInfrastructure(), 'us'))
  launches = []
  const env = (machine: Launch) => {
    launches.push(machine)
    return { JOIN: machine.joinToken }
  }
  test = await startTestControl({
    machines: { pools: [onePool(provider)], env },
    timings: { relaunchFirstMs: 1, relaunchMaxMs: 5, agentTimeoutMs: 20_000, joinMs: 10_000, strayMs: 1_000 },
  })
})
afterEach(async () => {
  for (const { link } of agents.splice(0)) link.close()
  await test.close()
})

/** Real time passes only until the keeper has acted; it looks again within milliseconds. */
const until = async (check: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function joined(count: number): Promise<FakeAgent> {
  await until(() => launches.length >= count)
  const { id, joinToken } = launches[count - 1]!
  const agent = await FakeAgent.connect(test.agentAddress)
  agents.push(agent)
  await agent.join(id, joinToken)
  return agent
}

async function deploy(): Promise<string> {
  const { client } = await test.customer()
  const body = artifactOf()
  return (await client.deployments.create({ params: { realm: 'wiki' }, query: { create: true }, body }))
    .realmId
}

describe('a machine whose end is announced', () => {
  it('is replaced, emptied without a gap, and then removed', async () => {
    const first = await joined(1)
    const realm = await deploy()
    await first.control('machine.notice', NOTICE)
    const second = await joined(2)
    await until(async () => (await provider.list()).map(({ id }) => id).join() === launches[1]!.id)
    expect(first.drains).toBe(1)
    expect(second.loads.map((load) => load.realm)).toEqual([realm])
    expect(test.logged.some((line) => line.includes(NOTICE.reason))).toBe(true)
  })

  it('may say so again', async () => {
    const first = await joined(1)
    // It stays until a successor is there.
    await deploy()
    for (let time = 0; time < 3; time += 1) await first.control('machine.notice', NOTICE)
    await until(() => launches.length === 2)
    expect(test.logged.filter((line) => line.includes('announced to end')).length).toBe(1)
  })

  it('says it in words that are checked', async () => {
    const first = await joined(1)
    for (const bad of [{ kind: 'explodes' }, { ...NOTICE, atMs: 'soon' }, null]) {
      await expect(first.control('machine.notice', bad as never)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      })
    }
    await first.control('machine.notice', { ...NOTICE, atMs: 1e300 })
  })
})
