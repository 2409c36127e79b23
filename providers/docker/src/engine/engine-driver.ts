import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import {
  type CheckResult,
  type Machine,
  type MachineDriver,
  type MachineSpec,
  MachineTurns,
  type Offering,
  type ProviderManifest,
} from '@openzimki/provider'
import type Docker from 'dockerode'
import { checkEngine } from '../check-engine.ts'
import type { CheckedDockerConfig, MachineSize } from '../config.ts'
import type { Engine } from '../connection/open-engine.ts'
import { consoleTail, TAIL_LINES } from '../console-tail.ts'
import { machineName, ownerFilter, readLabels } from '../machine-labels.ts'
import { offeringsOf, requireSize, sizesOn } from '../machine-sizes.ts'
import { dockerManifest } from '../manifest.ts'
import { mapError, statusAs } from '../map-error.ts'
import { watchMachines } from '../watch-machines.ts'
import { containerMachine } from './container-machine.ts'
import { containerOptions } from './container-options.ts'
import { endContainer, removeContainer } from './end-container.ts'
import { launchContainer } from './launch-container.ts'
import { makeRunFolder, removeRunFolder, runFolderOf } from './run-folder.ts'

/** How many containers are looked at together. */
const LOOK_AT_ONCE = 8
/** An engine that hangs does not hold up the platform's end. */
const CLOSE_WAIT_MS = 5_000

/** A machine is a container of one engine, known by its name and its labels; the engine keeps all that there is to know. */
export class EngineDriver implements MachineDriver {
  readonly name = 'docker'
  readonly owner: string
  readonly manifest: ProviderManifest
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
    this.manifest = { ...dockerManifest, sharesSockets: config.sockets !== undefined }
  }

  async offerings(signal: AbortSignal): Promise<Offering[]> {
    const { zone, maxMachines } = this.#config
    const used = (await this.#ids(signal)).length
    return offeringsOf(await this.#sizes(), [zone], Math.max(0, maxMachines - used))
  }

  launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    return this.#turns.run(spec.id, () => this.#launch(spec, fingerprint, signal))
  }

  async #launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine> {
    const config = this.#config
    const size = requireSize(await this.#sizes(), spec.size)
    const runFolder = runFolderOf(config, spec.env)
    const machine = { id: spec.id, size: spec.size, zone: config.zone, fingerprint }
    signal.throwIfAborted()
    if (runFolder) await makeRunFolder(runFolder)
    try {
      const options = containerOptions({ config, size, machine, env: spec.env, runFolder })
      await launchContainer(this.#docker, this.owner, options)
    } catch (thrown) {
      if (runFolder) await this.#removeUnused(spec.id, runFolder)
      throw thrown
    }
    const made = await this.inspect(spec.id)
    if (made) return made
    throw new PlatformError('INTERNAL', `machine ${spec.id} was destroyed while it was being launched`)
  }

  /** Nobody would find the folder of a container that was never made. Where that is not certain it stays: a destroy finds both. */
  async #removeUnused(id: string, runFolder: string): Promise<void> {
    const found = await this.#find(id).catch(() => 'not known')
    if (found === null) await removeRunFolder(runFolder)
  }

  async inspect(id: string): Promise<Machine | null> {
    const found = await this.#find(id)
    return found && containerMachine(found, this.owner, Date.now())
  }

  async list(signal: AbortSignal): Promise<Machine[]> {
    const ids = await this.#ids(signal)
    const machines: (Machine | null)[] = []
    for (let from = 0; from < ids.length; from += LOOK_AT_ONCE) {
      const some = ids.slice(from, from + LOOK_AT_ONCE)
      machines.push(...(await Promise.all(some.map((id) => this.inspect(id)))))
    }
    return machines.filter((machine) => machine !== null)
  }

  async stop(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    // Only the launch is waited for: a destroy may cut a long grace short.
    await this.#turns.settled(id)
    const found = await this.#find(id)
    const state = found && containerMachine(found, this.owner, Date.now())?.state
    if (!found || state === 'stopped' || state === 'failed') return
    await endContainer(this.#docker.getContainer(found.Id), graceMs, signal)
  }

  destroy(id: string, signal: AbortSignal): Promise<void> {
    return this.#turns.run(id, async () => {
      const found = await this.#find(id)
      if (!found) return
      await removeContainer(this.#docker.getContainer(found.Id), signal)
      for (const folder of this.#runFoldersOf(found)) await removeRunFolder(folder)
    })
  }

  async logs(id: string, maxBytes: number, signal: AbortSignal): Promise<string> {
    const container = this.#docker.getContainer(machineName(this.owner, id))
    const asked = { stdout: true, stderr: true, tail: TAIL_LINES, abortSignal: signal }
    const framed = await statusAs(container.logs(asked), [404], Buffer.alloc(0))
    return consoleTail(framed, maxBytes)
  }

  watch(signal: AbortSignal): AsyncGenerator<string | null> {
    return watchMachines(this.#docker, this.owner, signal)
  }

  check(signal: AbortSignal): Promise<CheckResult> {
    return checkEngine(this.#docker, this.#config, signal)
  }

  /** A launch that is under way is finished, lest it leave a container that was made and never started. */
  async close(): Promise<void> {
    const waited = new AbortController()
    await Promise.race([this.#turns.idle(), delay(CLOSE_WAIT_MS, undefined, { signal: waited.signal })])
    waited.abort()
    this.#engine.close()
  }

  async #sizes(): Promise<Record<string, MachineSize>> {
    const { NCPU, MemTotal } = (await this.#docker.info()) as { NCPU: number; MemTotal: number }
    return sizesOn({ cpus: NCPU, memoryBytes: MemTotal }, this.#config)
  }

  async #ids(signal: AbortSignal): Promise<string[]> {
    const filters = { label: [ownerFilter(this.owner)] }
    const found = await this.#docker.listContainers({ all: true, filters, abortSignal: signal })
    return found.flatMap(({ Labels }) => readLabels(Labels, this.owner)?.id ?? [])
  }

  /** Null: not there, or not ours. */
  async #find(id: string): Promise<Docker.ContainerInspectInfo | null> {
    const found = await statusAs(
      this.#docker.getContainer(machineName(this.owner, id)).inspect(),
      [404],
      null,
    )
    return found && readLabels(found.Config.Labels, this.owner)?.id === id ? found : null
  }

  /** The container itself tells which folder it shares. */
  #runFoldersOf({ HostConfig }: Docker.ContainerInspectInfo): string[] {
    const { sockets } = this.#config
    return (HostConfig.Mounts ?? []).flatMap(({ Source, ReadOnly }) =>
      sockets && !ReadOnly && Source.startsWith(`${sockets.runDir}/`) ? [Source] : [],
    )
  }
}
