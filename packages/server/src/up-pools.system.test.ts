import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { PlatformProcess } from './testing/platform-process.ts'

const POOLS = [
  { name: 'own', provider: 'local', floor: 1, ceiling: 1 },
  { name: 'more', provider: 'local', floor: 1, ceiling: 2 },
]

describe('a platform with two pools', () => {
  let folder: string
  let platform: PlatformProcess
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zimki-pools-'))
    await writeFile(join(folder, 'pools.json'), JSON.stringify(POOLS))
    platform = await PlatformProcess.start(['--pools', join(folder, 'pools.json')])
    await platform.deployScript('hello', 'zimki.publishPath("/", "here")')
  }, 60_000)
  afterAll(async () => {
    await platform.close()
    await rm(folder, { recursive: true, force: true })
  })

  const machines = async () => (await platform.client.fleet.machines({ query: {} })).items
  const homesOf = async () =>
    (await machines()).filter(({ realms, pool }) => realms > 0 && pool === 'more').map(({ id }) => id)

  it('moves a realm, drains and replaces its machine, and moves it back, without a failed request', async () => {
    const seen = new Map<number, number>()
    let isOver = false
    const asking = (async () => {
      while (!isOver) {
        const { status } = await platform.get('hello', '/')
        seen.set(status, (seen.get(status) ?? 0) + 1)
      }
    })()
    const params = { realm: 'hello' }
    await platform.client.realms.update({ params, body: { runsIn: { pool: 'more' } } })
    const [first] = await until(homesOf, (homes) => homes.length > 0)
    await platform.client.fleet.drain({ params: { machine: first! }, body: {} })
    const isReplaced = (homes: string[]) => homes.length === 1 && homes[0] !== first
    await until(homesOf, isReplaced)
    await until(machines, (all) => all.every(({ id }) => id !== first))
    await platform.client.realms.update({ params, body: { runsIn: {} } })
    await until(homesOf, (homes) => homes.length === 0)
    isOver = true
    await asking
    expect([...seen.keys()]).toEqual([200])
    expect(seen.get(200)).toBeGreaterThan(20)
    expect((await machines()).map(({ pool }) => pool).sort()).toEqual(['more', 'own'])
  }, 60_000)
})

/** Looks again until it is so. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
