import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { MachineProvider } from '@openzimki/provider'
import type Docker from 'dockerode'
import { openEngine } from '../connection/open-engine.ts'
import { createDockerProvider } from '../index.ts'
import { machineName } from '../machine-labels.ts'
import { messageOf } from '../map-error.ts'
import { EngineProcess, ensureTestImage } from '../testing/engine-process.ts'
import { servicesOn, startSwarm, swarmConfig } from '../testing/test-swarm.ts'
import { TwoHosts } from '../testing/two-hosts.ts'

const HOSTS = [0, 1] as const
const closers: (() => unknown)[] = []
let hosts: TwoHosts
let engines: EngineProcess[]
let docker: Docker
let provider: MachineProvider

beforeAll(async () => {
  hosts = await TwoHosts.make()
  closers.push(() => hosts.close())
  engines = await Promise.all(HOSTS.map((index) => EngineProcess.start({ within: hosts.within(index) })))
  for (const engine of engines) closers.push(() => engine.close())
  await Promise.all(engines.map(({ socket }) => ensureTestImage(socket)))
  const [manager, worker] = engines as [EngineProcess, EngineProcess]
  const token = await startSwarm(manager.socket, hosts.addresses[0])
  const opened = openEngine({ socket: worker.socket })
  await opened.docker.swarmJoin({
    ListenAddr: `${hosts.addresses[1]}:2377`,
    AdvertiseAddr: hosts.addresses[1],
    RemoteAddrs: [`${hosts.addresses[0]}:2377`],
    JoinToken: token,
  })
  opened.close()
  const own = openEngine({ socket: manager.socket })
  docker = own.docker
  closers.push(own.close)
  provider = createDockerProvider(
    swarmConfig(manager.socket, 'troubles', { restarts: 5, zones: { any: [] } }),
  )
  closers.push(() => provider.close())
}, 180_000)

afterAll(async () => {
  for (const close of closers.reverse()) await close()
}, 180_000)

async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const seen = await look()
    if (seen) return seen
    await delay(100)
  }
}

interface Node {
  ID: string
  Version: { Index: number }
  Spec: { Role: string; Availability: string }
  Status: { State: string }
}

const nodes = () => docker.listNodes() as Promise<Node[]>

/** The managers change a node too, as when a network reaches it; what was read before that is refused, and is read anew. */
async function setAvailability(role: string, availability: 'active' | 'drain'): Promise<void> {
  await until(async () => {
    const node = (await nodes()).find(({ Spec }) => Spec.Role === role)
    if (!node) throw new Error(`there is no ${role}`)
    const change = { version: node.Version.Index, ...node.Spec, Availability: availability }
    const crossed = (thrown: unknown) => {
      if (!messageOf(thrown).includes('out of sequence')) throw thrown
    }
    return docker
      .getNode(node.ID)
      .update(change)
      .then(() => true, crossed)
  })
}

/** Where the machine runs now: the role of its node. */
async function placeOf(id: string): Promise<string | null> {
  const filters = JSON.stringify({ service: [machineName('troubles', id)], 'desired-state': ['running'] })
  const tasks = (await docker.listTasks({ filters })) as { NodeID: string; Status: { State: string } }[]
  const running = tasks.filter(({ Status }) => Status.State === 'running')
  const node = (await nodes()).find(({ ID }) => ID === running[0]?.NodeID)
  return node?.Spec.Role ?? null
}

const runsOn = (id: string, role: string) => until(async () => (await placeOf(id)) === role)

describe('a machine of a Swarm of two nodes', () => {
  it('goes where its node is drained, is started again when it ends, and moves when its node is lost', async () => {
    await setAvailability('manager', 'drain')
    const made = await provider.launch({ id: 'm-1', size: 'small', zone: null, env: {} })
    await runsOn('m-1', 'worker')
    await setAvailability('manager', 'active')
    await setAvailability('worker', 'drain')
    await runsOn('m-1', 'manager')
    await setAvailability('worker', 'active')

    const label = [`com.docker.swarm.service.id=${made.native}`]
    const [container] = await docker.listContainers({ filters: { label } })
    const first = await provider.inspect('m-1')
    await docker.getContainer(container?.Id ?? '').kill()
    // On whichever of the two nodes.
    await until(async () => {
      const { state, incarnation } = await provider.inspect('m-1')
      return state === 'running' && incarnation !== first.incarnation
    })

    await setAvailability('manager', 'drain')
    await runsOn('m-1', 'worker')
    await setAvailability('manager', 'active')
    await hosts.cut()
    await runsOn('m-1', 'manager')
    expect(await provider.inspect('m-1')).toMatchObject({
      native: made.native,
      createdAtMs: made.createdAtMs,
    })
    await hosts.mend()
    await until(async () => (await nodes()).every(({ Status }) => Status.State === 'ready'))
  }, 240_000)

  it('is not touched by the name of another: a stranger keeps it', async () => {
    const Name = machineName('troubles', 'taken')
    const stranger = await docker.createService({ Name, TaskTemplate: { ContainerSpec: { Image: 'x' } } })
    const launched = provider.launch({ id: 'taken', size: 'small', zone: null, env: {} })
    await expect(launched).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await provider.destroy('taken')
    await docker.getService(stranger.id).remove()
  })

  it('whose node is killed runs on the other, and nothing is left in the end', async () => {
    await setAvailability('manager', 'drain')
    await provider.launch({ id: 'm-2', size: 'small', zone: null, env: {} })
    await runsOn('m-2', 'worker')
    await setAvailability('manager', 'active')
    await engines[1]?.kill()
    await runsOn('m-2', 'manager')
    expect((await provider.inspect('m-2')).state).toBe('running')
    for (const id of ['m-1', 'm-2']) await provider.destroy(id)
    expect(await servicesOn(engines[0]?.socket ?? '')).toEqual([])
  }, 180_000)
})
