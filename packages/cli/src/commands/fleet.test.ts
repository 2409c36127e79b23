import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { type TestSetup, testCli } from '../testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function cli(setup: TestSetup = {}) {
  const made = testCli(setup)
  removals.push(made.folder.remove)
  return made
}

const machine = {
  ...{ id: 'm-1', pool: 'own', state: 'ready', reason: null, cells: 2, realms: 3, requests: 4 },
  ...{ waitMs: 80, cpus: 2, usedCpus: 0.44, memoryBytes: 2 ** 30, usedBytes: 2 ** 28, createdAtMs: 0 },
  price: { amount: 0.04, currency: 'EUR' },
}
const pool = {
  ...{
    name: 'own',
    provider: 'local',
    isolation: 'process',
    size: 'host',
    floor: 1,
    ceiling: 2,
    spares: 0,
    prepared: 0,
    kept: 0,
  },
  ...{ price: null, priceCeiling: null, backoff: null, ready: 1, machines: 1 },
}

describe('zimki fleet', () => {
  it('lists every page of machines with cells, load and price', async () => {
    const answers = {
      'fleet.machines': ({ query }: { query: Record<string, string> }) =>
        query.after === 'two'
          ? { items: [{ ...machine, id: 'm-2', state: 'leaving', reason: 'it is old' }], next: null }
          : { items: [machine], next: 'two' },
    }
    const { run, output } = cli({ answers })
    expect(await run('fleet')).toBe(0)
    const [, first, second] = output.out.split('\n')
    expect(first).toMatch(/^m-1 +own +ready +2 +3 +4 +80 ms +0.4 of 2 +256 of 1024 MiB +0.04 EUR/)
    expect(second).toMatch(/^m-2 +own +leaving: it is old/)
  })

  it('shows pools, and why one is left alone', async () => {
    const failing = { ...pool, name: 'cloud', backoff: 'its provider fails (NO_CAPACITY: none left)' }
    const coming = { ...pool, name: 'more', machines: 2 }
    const warm = { ...pool, name: 'warm', machines: 3, prepared: 2, kept: 2 }
    const { run, output } = cli({
      answers: { 'fleet.pools': () => ({ pools: [pool, failing, coming, warm] }) },
    })
    expect(await run('fleet', 'pools')).toBe(0)
    expect(output.out).toMatch(/own .*as it should be\n.*NO_CAPACITY: none left.*\n.*1 more come or go/)
    expect(output.out).toMatch(/warm .* 2 of 2 .*as it should be/)
  })

  it('prints what would be done and why, and what cannot be', async () => {
    const why = 'pool own keeps at least 1 machine and has 0'
    const planned = {
      actions: [
        { action: 'launch', pool: 'own', reason: 'floor', why },
        { action: 'start', pool: 'own', machine: 'm-3', reason: 'need', why },
        { action: 'launch', pool: 'own', reason: 'prepared', prepared: true, why },
        { action: 'load', realm: 'r', machine: 'm-1', reason: 'full', why: 'm-2 is full' },
      ],
      problems: [{ about: 'cloud', why: 'pool cloud lacks 1 machine' }],
    }
    const { run, output } = cli({ answers: { 'fleet.plan': () => planned } })
    expect(await run('fleet', 'plan')).toBe(0)
    expect(output.out.trim().split('\n')).toEqual([
      `launch a machine in pool own: ${why}`,
      `start machine m-3, which is prepared: ${why}`,
      `prepare a machine in pool own: ${why}`,
      'load realm r on machine m-1: m-2 is full',
      'Cannot be done: pool cloud lacks 1 machine',
    ])
    const calm = cli({ answers: { 'fleet.plan': () => ({ actions: [], problems: [] }) } })
    expect(await calm.run('fleet', 'plan')).toBe(0)
    expect(calm.output.out).toBe('Nothing is to be done.\n')
  })

  it('drains a machine, with a reason for the audit', async () => {
    const { run, calls } = cli({ answers: { 'fleet.drain': () => null } })
    expect(await run('fleet', 'drain', 'm-1', '--reason', 'a loud fan')).toBe(0)
    expect(calls.map(({ params, body }) => [params, body])).toEqual([
      [{ machine: 'm-1' }, { reason: 'a loud fan' }],
    ])
  })

  it('says plainly that it is for operators', async () => {
    const denied = new PlatformError('PERMISSION_DENIED', 'Only an operator may do this')
    const { run, output } = cli({ answers: { 'fleet.pools': () => denied } })
    expect(await run('fleet', 'pools')).not.toBe(0)
    expect(output.err).toContain('Only an operator may do this')
  })
})

describe('zimki realms place', () => {
  it('says where a realm may run, and takes it back', async () => {
    const answers = { 'realms.update': () => ({ name: 'hello' }) }
    const { run, calls } = cli({ answers })
    await run('realms', 'place', 'hello', '--pool', 'cloud', '--isolation', 'vm')
    await run('realms', 'place', 'hello')
    expect(calls.map(({ body }) => body)).toEqual([
      { runsIn: { pool: 'cloud', isolation: 'vm' } },
      { runsIn: { pool: null, isolation: null } },
    ])
  })
})
