import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type Docker from 'dockerode'
import { openEngine } from '../connection/open-engine.ts'
import { EngineProcess } from '../testing/engine-process.ts'
import { PlatformWithin } from '../testing/platform-within.ts'
import { TwoHosts } from '../testing/two-hosts.ts'

const HOSTS = [0, 1] as const
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

/** Which machine answers is told by the network names of its container: realms do not know. */
const NOTES = `zimki.publishPath("/add", function (args) { return Note.create({ text: args.text }).id })
zimki.publishPath("/all", function () { return Note.search().map(function (note) { return note.text }).join(",") })`

async function deploy(realm: string): Promise<void> {
  const folder = join(platform.folder, realm)
  await platform.zimki('init', folder)
  await platform.zimki('deploy', folder, '--realm', realm, '--json')
}

describe('a platform whose machines are services of a Swarm of two nodes', () => {
  it('serves realms from both', async () => {
    expect(NOTES).toBeTruthy()
    expect(docker).toBeTruthy()
    await deploy('one')
    console.log(await platform.zimki('fleet'))
    const answer = await platform.get('one', '/')
    expect(answer.status).toBe(200)
  })
})
