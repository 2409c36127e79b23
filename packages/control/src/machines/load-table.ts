import type { IsolateLoad } from '@openzimki/core'
import { loadKey } from '../routing/route-publisher.ts'
import type { Agent } from './agent-hub.ts'

/** A deployment that is loaded in a cell. */
export interface LoadedDeployment {
  realm: string
  deployment: string
  /** Null: not known. */
  account: string | null
  cordon: string
  agent: Agent
  cell: string
  address: string
  capabilityExpiresAtMs: number
  /** Out of the routes, though still loaded. */
  hidden: boolean
  /** As its machine said last; before, what is to be expected. */
  memoryBytes: number
  active: number
  load: IsolateLoad
}

/** What a deployment takes of which nothing is known yet. */
export const EXPECTED_BYTES = 16 * 2 ** 20

/** What is loaded where. One deployment may be loaded on several machines, once on each. */
export class LoadTable {
  readonly #byPlace = new Map<string, LoadedDeployment>()
  readonly #byDeployment = new Map<string, Set<LoadedDeployment>>()
  /** Of each cordon, how many loads each machine has. */
  readonly #homes = new Map<string, Map<string, number>>()

  all(): LoadedDeployment[] {
    return [...this.#byPlace.values()]
  }

  of(realm: string, deployment: string): LoadedDeployment[] {
    return [...(this.#byDeployment.get(loadKey(realm, deployment)) ?? [])]
  }

  at(realm: string, deployment: string, machine: string): LoadedDeployment | null {
    return this.#byPlace.get(placeKey(realm, deployment, machine)) ?? null
  }

  isHome(cordon: string, machine: string): boolean {
    return this.#homes.get(cordon)?.has(machine) ?? false
  }

  /** The machines that have loads of it. */
  homesOf(cordon: string): Iterable<string> {
    return this.#homes.get(cordon)?.keys() ?? []
  }

  /** Takes the place of what was there. */
  put(loaded: LoadedDeployment): void {
    const { realm, deployment, agent, cordon } = loaded
    const before = this.at(realm, deployment, agent.machine)
    if (before) this.remove(before)
    this.#byPlace.set(placeKey(realm, deployment, agent.machine), loaded)
    const key = loadKey(realm, deployment)
    const others = this.#byDeployment.get(key) ?? new Set()
    this.#byDeployment.set(key, others.add(loaded))
    const homes = this.#homes.get(cordon) ?? new Map<string, number>()
    this.#homes.set(cordon, homes.set(agent.machine, (homes.get(agent.machine) ?? 0) + 1))
  }

  remove(loaded: LoadedDeployment): void {
    const { realm, deployment, agent, cordon } = loaded
    const key = loadKey(realm, deployment)
    const others = this.#byDeployment.get(key)
    if (!others?.delete(loaded)) return
    if (others.size === 0) this.#byDeployment.delete(key)
    this.#byPlace.delete(placeKey(realm, deployment, agent.machine))
    const homes = this.#homes.get(cordon)
    const left = (homes?.get(agent.machine) ?? 1) - 1
    if (left > 0) homes?.set(agent.machine, left)
    else homes?.delete(agent.machine)
    if (homes?.size === 0) this.#homes.delete(cordon)
  }
}

/** Names a deployment on a machine. */
export const placeKey = (realm: string, deployment: string, machine: string): string =>
  `${loadKey(realm, deployment)} ${machine}`
