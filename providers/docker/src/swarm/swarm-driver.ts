import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import {
  type CheckResult,
  type Machine,
  type MachineDriver,
  type MachineSpec,
  MachineTurns,
  type Offering,
} from '@openzimki/provider'
import type Docker from 'dockerode'
import { z } from 'zod'
import { checkEngine } from '../check-engine.ts'
import type { CheckedDockerConfig, MachineSize } from '../config.ts'
import type { Engine } from '../connection/open-engine.ts'
import { consoleTail, TAIL_LINES } from '../console-tail.ts'
import { machineName, ownerFilter, readLabels } from '../machine-labels.ts'
import { offeringsOf, requireSize, sizesOn } from '../machine-sizes.ts'
import { swarmManifest } from '../manifest.ts'
import { mapError, messageOf, statusAs, statusOf } from '../map-error.ts'
import { largestNode } from './largest-node.ts'
import {
  isToldToEnd,
  lastPlaced,
  liveTasks,
  type Service,
  serviceMachine,
  serviceSchema,
  type Task,
  taskSchema,
} from './service-machine.ts'
import { STOP_CONSTRAINT, serviceSpec } from './service-spec.ts'

/** A Swarm tells of services, not of tasks, so what a task does is looked at. */
const LOOK_MS = 60
/** A change of a service that crossed another is tried again. */
const UPDATE_ATTEMPTS = 10
/** Beyond the grace: for the scheduler and the node to act. */
const END_WAIT_MS = 30_000

/** A machine is a service of one task; the Swarm's managers keep all that there is to know, and place, restart and move it. */
export class SwarmDriver implements MachineDriver {
  readonly name = 'docker'
  readonly owner: string
  readonly manifest = swarmManifest
  readonly mapError = mapError
  readonly #config: CheckedDockerConfig
  readonly #engine: Engine
  readonly #docker: Docker
  readonly #turns = new MachineTurns()

  constructor(config: CheckedDockerConfig, engine: Engine) {
    this.#config = config
    this.#engine = engine
    this.#docker = engine.docker
    this.owner = config.owner
  }

  async offerings(): Promise<Offering[]> {
    const { swarm, maxMachines } = this.#config
    const used = (await this.#services()).length
    return offeringsOf(await this.#sizes(), Object.keys(swarm.zones), Math.max(0, maxMachines - used))
  }

  launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    return this.#turns.run(spec.id, () => this.#launch(spec, fingerprint, signal))
  }

  async #launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    const config = this.#config
    const size = requireSize(await this.#sizes(), spec.size)
    const zone = spec.zone ?? Object.keys(config.swarm.zones)[0] ?? ''
    const machine = { id: spec.id, size: spec.size, zone, fingerprint }
    signal.throwIfAborted()
    await this.#create(serviceSpec({ config, size, machine, env: spec.env }))
    const made = await this.inspect(spec.id)
    if (made) return made
    throw new PlatformError('INTERNAL', `machine ${spec.id} was destroyed while it was being launched`)
  }

  /** The managers take a name once, so of many launches one wins. */
  async #create(spec: Docker.CreateServiceOptions): Promise<void> {
    try {
      await this.#docker.createService(spec)
    } catch (thrown) {
      if (statusOf(thrown) !== 409) throw thrown
      const there = await this.#look(spec.Name ?? '')
      if (!there || readLabels(there.Spec.Labels, this.owner)) return
      throw new PlatformError(
        'ALREADY_EXISTS',
        `the Swarm has a service ${spec.Name} that is not ours: rename or remove it, or launch under another id`,
      )
    }
  }

  /** A service is read again after its tasks: if it was told to end in between, the task that waits in vain from then on would pass for a start. */
  async inspect(id: string): Promise<Machine | null> {
    const before = await this.#find(id)
    if (!before) return null
    const tasks = await this.#tasks([before])
    const service = await this.#find(id)
    return service && serviceMachine(service, tasksOf(service, tasks), this.owner)
  }

  async list(): Promise<Machine[]> {
    const tasks = await this.#tasks(await this.#services())
    const services = await this.#services()
    const machines = services.map((service) => serviceMachine(service, tasksOf(service, tasks), this.owner))
    return machines.filter((machine) => machine !== null)
  }

  /** The grace is the one of the configuration: a Swarm fixes it when a task is made. */
  async stop(id: string, _graceMs: number, signal: AbortSignal): Promise<void> {
    await this.#turns.settled(id)
    const untilMs = performance.now() + this.#config.swarm.stopGraceMs + END_WAIT_MS
    const service = await this.#tellToEnd(id)
    if (!service) return
    while (liveTasks(await this.#tasks([service])).length > 0) {
      if (performance.now() > untilMs)
        throw new PlatformError(
          'TIMEOUT',
          `the Swarm has not ended machine ${id}; docker service ps ${service.ID} may say why`,
        )
      await delay(LOOK_MS, undefined, { signal })
      if (!(await this.#find(id))) return
    }
  }

  /** Null: there is nothing left to end. */
  async #tellToEnd(id: string): Promise<Service | null> {
    for (let attempt = 1; ; attempt += 1) {
      const service = await this.#find(id)
      if (!service || isToldToEnd(service)) return service
      const machine = serviceMachine(service, await this.#tasks([service]), this.owner)
      if (machine?.state === 'failed') return null
      const { TaskTemplate, ...rest } = service.Spec
      const Placement = { ...TaskTemplate.Placement, Constraints: [STOP_CONSTRAINT] }
      const changed = {
        ...rest,
        TaskTemplate: { ...TaskTemplate, Placement },
        version: service.Version.Index,
      }
      try {
        await this.#docker.getService(service.ID).update(changed)
        return service
      } catch (thrown) {
        const crossed = messageOf(thrown).includes('out of sequence')
        if (!crossed || attempt >= UPDATE_ATTEMPTS) throw thrown
      }
    }
  }

  destroy(id: string): Promise<void> {
    return this.#turns.run(id, async () => {
      const service = await this.#find(id)
      if (service) await statusAs(this.#docker.getService(service.ID).remove(), [404], undefined)
    })
  }

  async logs(id: string, maxBytes: number, signal: AbortSignal): Promise<string> {
    const service = await this.#find(id)
    const task = service && lastPlaced(await this.#tasks([service]))
    if (!task) return ''
    const asked = { stdout: true, stderr: true, tail: TAIL_LINES, follow: false, abortSignal: signal }
    const framed: unknown = await statusAs(taskLogs(this.#docker, task.ID, asked), [404], null)
    return Buffer.isBuffer(framed) ? consoleTail(framed, maxBytes) : ''
  }

  check(signal: AbortSignal): Promise<CheckResult> {
    return checkEngine(this.#docker, this.#config, signal)
  }

  async close(): Promise<void> {
    this.#engine.close()
  }

  async #sizes(): Promise<Record<string, MachineSize>> {
    return sizesOn(await largestNode(this.#docker), this.#config)
  }

  async #services(): Promise<Service[]> {
    const found = await this.#docker.listServices({ filters: { label: [ownerFilter(this.owner)] } })
    return z
      .array(serviceSchema)
      .parse(found)
      .filter(({ Spec }) => readLabels(Spec.Labels, this.owner))
  }

  async #tasks(services: readonly Service[]): Promise<Task[]> {
    if (services.length === 0) return []
    const filters = JSON.stringify({ service: services.map(({ ID }) => ID) })
    return z.array(taskSchema).parse(await statusAs(this.#docker.listTasks({ filters }), [404], []))
  }

  /** Null: not there, or not ours. */
  async #find(id: string): Promise<Service | null> {
    const service = await this.#look(machineName(this.owner, id))
    return service && readLabels(service.Spec.Labels, this.owner)?.id === id ? service : null
  }

  async #look(name: string): Promise<Service | null> {
    const found: unknown = await statusAs(this.#docker.getService(name).inspect(), [404], null)
    return found === null ? null : serviceSchema.parse(found)
  }
}

const tasksOf = (service: Service, tasks: readonly Task[]): Task[] =>
  tasks.filter(({ ServiceID }) => ServiceID === service.ID)

/** What the types of dockerode leave out. */
function taskLogs(docker: Docker, id: string, options: object): Promise<unknown> {
  const task = docker.getTask(id) as Docker.Task & { logs(options: object): Promise<unknown> }
  return task.logs(options)
}
