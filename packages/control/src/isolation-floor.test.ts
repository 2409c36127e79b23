import { afterEach, describe, expect, it } from '@jest/globals'
import { createProvider, FakeDriver, FakeInfrastructure, type MachineProvider } from '@openzimki/provider'
import type { ControlOptions } from './control-options.ts'
import { FakeAgent } from './testing/fake-agent.ts'
import { artifactOf, onePool, startTestControl, type TestControl } from './testing/test-control.ts'

let test: TestControl
const agents = new Map<string, FakeAgent>()
afterEach(async () => {
  for (const agent of agents.values()) agent.link.close()
  agents.clear()
  await test.close()
})

const params = { realm: 'wiki' }
const providerOf = (isolation: MachineProvider['manifest']['isolation']): MachineProvider => {
  const driver = new FakeDriver(new FakeInfrastructure(), 'us')
  return createProvider(Object.assign(driver, { manifest: { ...driver.manifest, isolation } }))
}

/** Pools by their border, each with one machine whose agent joins by itself; the floor is `container`. */
async function start(
  borders: MachineProvider['manifest']['isolation'][],
  change: Partial<ControlOptions> = {},
): Promise<void> {
  const isStarted = Promise.withResolvers<void>()
  const pools = borders.map((border) => onePool(providerOf(border), { name: border }))
  const env = ({ id, joinToken, pool }: { id: string; joinToken: string; pool: string }) => {
    const joins = async (): Promise<void> => {
      const agent = await FakeAgent.connect(test.agentAddress)
      agent.cellPrefix = `${id} `
      agents.set(pool, agent)
      await agent.join(id, joinToken)
    }
    // A test may end before.
    void isStarted.promise.then(joins).catch((error: unknown) => test.logged.push(String(error)))
    return { JOIN: joinToken }
  }
  const timings = { fleetMs: 20, relaunchFirstMs: 1, relaunchMaxMs: 5, agentTimeoutMs: 20_000 }
  test = await startTestControl({ isolationFloor: 'container', machines: { pools, env }, timings, ...change })
  isStarted.resolve()
  await until(() => test.control.services.health.get().machines === borders.length)
}
const until = async (check: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const loadsIn = (pool: string): string[] => agents.get(pool)!.loads.map(({ realm }) => realm)
const deploy = (client: TestControl['operator']) =>
  client.deployments.create({ params, query: { create: true }, body: artifactOf() })

describe('the isolation floor of an operator', () => {
  it('keeps accounts that are not trusted above it, though a weaker pool is preferred', async () => {
    await start(['process', 'container'])
    const { client } = await test.customer()
    const { realmId } = await deploy(client)
    expect([loadsIn('process'), loadsIn('container')]).toEqual([[], [realmId]])
  })

  it('lets the operator’s own and trusted accounts run anywhere', async () => {
    await start(['process', 'container'])
    const own = await deploy(test.operator)
    expect(loadsIn('process')).toEqual([own.realmId])
    const { client, account } = await test.customer()
    await test.operator.accounts.update({ params: { account }, body: { trusted: true } })
    const theirs = await deploy(client)
    expect(loadsIn('process')).toEqual([own.realmId, theirs.realmId])
  })

  it('refuses, with what to do, where no pool is above it; and no longer when the account is trusted', async () => {
    await start(['process'])
    const { client, account } = await test.customer()
    const refusal = /not marked trusted.*level container or stronger.*no such machines.*zimki accounts trust/
    await expect(deploy(client)).rejects.toMatchObject({
      code: 'NO_CAPACITY',
      message: expect.stringMatching(refusal),
    })
    const shown = await client.realms.get({ params })
    expect(shown).toMatchObject({ state: 'refused', reason: expect.stringMatching(refusal) })
    await expect(test.control.routes.demand(shown.id)).rejects.toMatchObject({
      message: expect.stringMatching(refusal),
    })
    expect(loadsIn('process')).toEqual([])
    await test.operator.accounts.update({ params: { account }, body: { trusted: true } })
    await deploy(client)
    expect(loadsIn('process')).toEqual([shown.id])
    expect((await client.realms.get({ params })).state).toBe('live')
  })

  it('takes an account whose trust ends off the weaker machines at once, though that is its last cell', async () => {
    await start(['process'])
    const { client, account } = await test.customer()
    await test.operator.accounts.update({ params: { account }, body: { trusted: true } })
    const { realmId } = await deploy(client)
    await test.operator.accounts.update({ params: { account }, body: { trusted: false } })
    await until(() => agents.get('process')!.unloads.length > 0)
    expect(agents.get('process')!.unloads[0]).toContain(realmId)
    expect(test.control.routes.current().realms.get(realmId)).toMatchObject({ state: 'refused', cells: [] })
  })

  it('cannot be passed by asking for a pool below it', async () => {
    await start(['process', 'container'])
    const { client } = await test.customer()
    await deploy(client)
    const asked = client.realms.update({ params, body: { runsIn: { pool: 'process' } } })
    await expect(asked).rejects.toMatchObject({
      code: 'NO_CAPACITY',
      message: expect.stringMatching(
        /pool process and isolation container, since its account is not marked trusted/,
      ),
    })
    expect(loadsIn('process')).toEqual([])
  })

  it('holds for the copies that tests run on', async () => {
    await start(['process', 'container'])
    const { client } = await test.customer()
    const body = artifactOf({ tests: [{ name: 'one.js', source: 'zimki.unitTest("x", {})' }] })
    const { realmId } = await client.deployments.create({ params, query: { create: true }, body })
    // What the test itself says is of no interest here.
    await client.tests.run({ params, body: {} }).catch(() => undefined)
    expect(loadsIn('container').filter((realm) => realm !== realmId)).toHaveLength(1)
    expect(loadsIn('process')).toEqual([])
  })

  it('is known after a restart', async () => {
    await start(['process', 'container'])
    const { client, account } = await test.customer()
    await test.operator.accounts.update({ params: { account }, body: { trusted: true } })
    const { client: other } = await test.customer('other')
    await deploy(client)
    await test.restart()
    await until(() => test.control.services.health.get().machines === 0)
    expect((await client.realms.get({ params })).state).toBe('live')
    await expect(other.realms.create({ body: { name: 'blog' } })).resolves.toMatchObject({ state: 'live' })
  })
})

describe('the path form', () => {
  it('may be left to trusted accounts: others answer at their own names alone', async () => {
    await start(['process'], { isolationFloor: 'process', pathForm: 'trusted' })
    const { client, account } = await test.customer()
    const { realmId } = await deploy(client)
    const route = () => test.control.routes.current().realms.get(realmId)?.pathForm
    expect(route()).toBe(false)
    const shown = await client.realms.update({ params, body: { pathForm: true } })
    expect([shown.pathForm, route()]).toEqual([false, false])
    expect(shown.url).toBe(shown.origin)
    await test.operator.accounts.update({ params: { account }, body: { trusted: true } })
    expect(route()).toBe(true)
    expect((await client.realms.get({ params })).url).toContain('/u/wiki/')
    const own = await test.operator.realms.create({ body: { name: 'own' } })
    expect(own.pathForm).toBe(true)
  })
})
