import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type Docker from 'dockerode'
import { openEngine } from '../connection/open-engine.ts'
import { EngineProcess } from '../testing/engine-process.ts'
import { type Answer, PlatformWithin } from '../testing/platform-within.ts'
import { TwoHosts } from '../testing/two-hosts.ts'

const HOSTS = [0, 1] as const
const SERVICE = fileURLToPath(new URL('../../../../examples/service', import.meta.url))
const closers: (() => unknown)[] = []
let hosts: TwoHosts
let engines: EngineProcess[]
let docker: Docker
let platform: PlatformWithin

const zone = (role: string) => [`node.role==${role}`]

beforeAll(async () => {
  hosts = await TwoHosts.make()
  closers.push(() => hosts.close())
  engines = await Promise.all(HOSTS.map((index) => EngineProcess.start({ within: hosts.within(index) })))
  for (const engine of engines) closers.push(() => engine.close())
  docker = await joinSwarm()
  platform = await PlatformWithin.make(hosts.within(0))
  closers.push(() => platform.close())
  await writeFile(join(platform.folder, 'pools.json'), JSON.stringify(pools()))
  for (const [index, { socket }] of engines.entries()) await makeImage(index, socket)
  await platform.up(['--pools', 'pools.json', '--agents-address', `${hosts.addresses[0]}:0`])
}, 180_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
}, 60_000)

/** The first is the manager. A network that leads out of each node, since agents dial the platform. */
async function joinSwarm(): Promise<Docker> {
  const [manager, worker] = engines.map(({ socket }) => openEngine({ socket }))
  if (!manager || !worker) throw new Error('there are two')
  const [first, second] = hosts.addresses.map((address) => `${address}:2377`)
  await manager.docker.swarmInit({
    ...{ ListenAddr: first, AdvertiseAddr: hosts.addresses[0], ForceNewCluster: false },
    Spec: { Dispatcher: { HeartbeatPeriod: 1e9 } },
  })
  const { JoinTokens } = await manager.docker.swarmInspect()
  await worker.docker.swarmJoin({
    ...{ ListenAddr: second, AdvertiseAddr: hosts.addresses[1], RemoteAddrs: [first] },
    JoinToken: JoinTokens.Worker,
  })
  await manager.docker.createNetwork({ Name: 'zimki', Driver: 'overlay' })
  worker.close()
  closers.push(() => manager.close())
  return manager.docker
}

function pools(): object[] {
  const sizes = { small: { cpus: 1, memoryBytes: 512 * 1024 ** 2, pids: 1024 } }
  const swarm = { zones: { one: zone('manager'), two: zone('worker') }, stopGraceMs: 3_000 }
  const connection = { socket: engines[0]?.socket }
  const config = { connection, scheduler: 'swarm', network: 'zimki', sizes, swarm }
  const common = { provider: 'docker', config, floor: 1, ceiling: 2, joinSeconds: 30 }
  return [
    { ...common, name: 'far', zone: 'two' },
    { ...common, name: 'near', zone: 'one' },
  ]
}

async function makeImage(index: number, socket: string): Promise<void> {
  const config = `engine-${index}.json`
  await writeFile(join(platform.folder, config), JSON.stringify({ connection: { socket } }))
  await platform.zimki('provider', 'docker', 'image', '--config', config, '--from', 'installation')
}

interface Machine {
  id: string
  pool: string
  state: string
  realms: number
}

const machines = async (): Promise<Machine[]> =>
  (JSON.parse(await platform.zimki('fleet', '--json')) as { items: Machine[] }).items

async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    await delay(200)
  }
}

const homesOf = async (pool: string): Promise<Machine[]> =>
  (await machines()).filter((one) => one.pool === pool && one.realms > 0 && one.state === 'ready')

const isServed = ({ status, body }: Answer): boolean => status === 200 && body.length > 0

/** On which of the two engines the container of a machine runs. */
async function containersOf(machine: string): Promise<{ engine: Docker; id: string }[]> {
  const found = await Promise.all(
    engines.map(async ({ socket }) => {
      const { docker: engine, close } = openEngine({ socket })
      const all = await engine.listContainers({ filters: { name: [machine] } })
      close()
      return all.map(({ Id: id }) => ({ engine, id }))
    }),
  )
  return found.flat()
}

describe('a platform whose machines are services of a Swarm of two nodes', () => {
  it('serves realms from both', async () => {
    await platform.zimki('deploy', SERVICE, '--realm', 'one', '--json')
    await platform.zimki('deploy', SERVICE, '--realm', 'two', '--json')
    await platform.zimki('realms', 'place', 'two', '--pool', 'near')
    await until(
      () => homesOf('near'),
      (homes) => homes.length > 0,
    )
    for (const realm of ['one', 'two']) expect(await platform.get(realm, '/')).toMatchObject({ status: 200 })
    expect(await homesOf('far')).toHaveLength(1)
  })

  it('lets a machine that the Swarm started again join anew, and serves on', async () => {
    const [home] = await homesOf('far')
    const [container] = await containersOf(home?.id ?? '')
    await container?.engine.getContainer(container.id).kill()
    await until(() => platform.get('one', '/'), isServed)
    await until(machines, (all) => all.some(({ id, state }) => id === home?.id && state === 'ready'))
    expect((await containersOf(home?.id ?? ''))[0]?.id).not.toBe(container?.id)
  })

  it('answers from the other node when one is lost, and has no machine too many when it is back', async () => {
    await platform.zimki('realms', 'place', 'one', '--pool', 'far')
    const isAtHome = (homes: Machine[]): boolean => homes.length === 1
    await until(() => homesOf('far'), isAtHome)
    // Until it has left the other, an answer would prove nothing.
    await until(
      () => homesOf('near'),
      ([near]) => near?.realms === 1,
    )
    await platform.zimki('realms', 'place', 'one')
    await hosts.cut()
    await until(() => platform.get('one', '/', 60_000), isServed)
    expect(await homesOf('far')).toEqual([])
    expect((await homesOf('near')).length).toBeGreaterThan(0)
    await hosts.mend()
    await until(machines, (all) => all.length === 2 && all.every(({ state }) => state === 'ready'))
    expect(await platform.get('one', '/')).toMatchObject({ status: 200 })
  })

  it('leaves nothing in the Swarm when it ends', async () => {
    await platform.down()
    expect(await docker.listServices()).toEqual([])
  })
})
