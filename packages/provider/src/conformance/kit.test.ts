import { describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import type { Machine } from '../contract.ts'
import { createProvider } from '../create-provider.ts'
import { FakeDriver, FakeInfrastructure } from '../fake-driver.ts'
import type { MachineDriver } from '../machine-driver.ts'
import { providerCases, runCase } from './describe-provider.ts'
import type { ProviderHarness } from './harness.ts'

type Mistake = (driver: FakeDriver, world: FakeInfrastructure) => Partial<MachineDriver>

function harness(mistake: Mistake): ProviderHarness {
  const world = new FakeInfrastructure()
  return {
    open: async (owner) => {
      const driver = new FakeDriver(world, owner)
      return createProvider(Object.assign(driver, mistake(new FakeDriver(world, owner), world)), {
        deadlineMs: 500,
      })
    },
    env: {},
    crash: async ({ native }) => world.crash(native),
    leftovers: async () => world.natives,
    settleMs: 50,
    close: async () => undefined,
  }
}

async function failures(mistake: Mistake): Promise<string[]> {
  const failed: string[] = []
  for (const [index, one] of providerCases.entries()) {
    await runCase(harness(mistake), one, `owner-${index}`).catch(() =>
      failed.push(`${one.group}: ${one.name}`),
    )
  }
  return failed
}

const all = (world: FakeInfrastructure): Machine[] =>
  [...world.machines.values()].map(({ machine }) => machine)

/** What adapters get wrong, each with a case that must notice. */
const MISTAKES: [string, string, Mistake][] = [
  [
    'forgets what it launched with',
    'launch: makes a machine under our id, as asked',
    (driver) => ({ launch: (spec) => driver.launch(spec, 'x') }),
  ],
  [
    'lists the machines of others',
    'list: does not have the machines of another owner, even under the same id',
    (_, world) => ({ list: async () => all(world) }),
  ],
  [
    'finds the machines of others',
    'inspect: does not see the machine of another owner',
    (_, world) => ({ inspect: async (id) => all(world).find((machine) => machine.id === id) ?? null }),
  ],
  [
    'fails to destroy what is gone',
    'destroy: succeeds when there is nothing',
    (driver) => ({
      destroy: async (id) => {
        if (!(await driver.inspect(id))) throw new PlatformError('NOT_FOUND', 'there is no such machine here')
        await driver.destroy(id)
      },
    }),
  ],
  [
    'only pretends to destroy',
    'destroy: leaves nothing to be found',
    () => ({ destroy: async () => undefined }),
  ],
  [
    'does not wait for the end',
    'stop: ends the machine, which is still found',
    () => ({ stop: async () => undefined }),
  ],
  [
    'removes what it stops',
    'stop: ends the machine, which is still found',
    (driver) => ({ stop: (id) => driver.destroy(id) }),
  ],
  [
    'starts anew what has ended',
    'idempotency: does not start a machine again that was stopped',
    (driver, world) => ({
      inspect: async (id) => {
        const machine = await driver.inspect(id)
        if (machine?.state !== 'stopped') return machine
        const found = [...world.machines.values()].find((one) => one.machine.native === machine.native)
        return Object.assign(found?.machine ?? machine, { state: 'running' as const })
      },
    }),
  ],
  [
    'drops the environment',
    'launch: hands the environment over as it is',
    (driver) => ({ launch: (spec, fingerprint) => driver.launch({ ...spec, env: {} }, fingerprint) }),
  ],
  [
    'gives the beginning of the logs',
    'logs: gives the end, at most as many bytes as asked for',
    (driver) => ({ logs: async (id, maxBytes) => (await driver.logs(id, 1_000)).slice(0, maxBytes) }),
  ],
  ['offers nothing', 'launch: offers sizes with what they have', () => ({ offerings: async () => [] })],
]

describe('the conformance kit', () => {
  it('finds nothing wrong with what is right', async () => {
    expect(await failures(() => ({}))).toEqual([])
  })

  it.each(MISTAKES)('notices an adapter that %s', async (_, noticedBy, mistake) => {
    expect(await failures(mistake)).toContain(noticedBy)
  })

  it('names every requirement once', () => {
    const titles = providerCases.map(({ group, name }) => `${group}: ${name}`)
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.length).toBeGreaterThanOrEqual(40)
  })
})
