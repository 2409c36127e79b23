import { setImmediate } from 'node:timers/promises'
import { type CellLoad, type CellStatus, PlatformError } from '@openzimki/core'
import { loadKey, type RoutePublisher } from '../routing/route-publisher.ts'
import type { Agent, AgentHub } from './agent-hub.ts'
import { believedCells, NO_LOAD } from './believed-cells.ts'
import { EXPECTED_BYTES, type LoadedDeployment, LoadTable, placeKey } from './load-table.ts'
import { chooseMachine, type MachineRules } from './machine-rules.ts'
import { relayAddress } from './relay-address.ts'

/** What to load, without what is made at the last moment. */
export interface LoadPlan {
  cordon: string
  load: Omit<CellLoad, 'capability' | 'prefetched'>
  /** The realm that it is charged to: itself, or the one that it is a throw-away copy of. */
  original: string
}

export interface CellFleetOptions {
  hub: AgentHub
  publisher: RoutePublisher
  /** Which machines a realm may run on, and which of them it would rather have. */
  rules: MachineRules
  /** A realm is to be loaded, and no machine is there that it may run on. */
  onWaiting: () => void
  /** A capability for the realm's store, and when it ends. */
  issue: (realm: string, deployment: string) => Promise<{ capability: string; expiresAtMs: number }>
  /** What the store says of the realm, for its start; null: the cell asks. */
  prefetch: (realm: string, deployment: string) => Promise<CellLoad['prefetched'] | null>
  /** Told before a machine is given a realm, so that what it reports later is believed; resolves when that is on disk. */
  beforeLoad: (machine: string, plan: LoadPlan) => Promise<void>
  /** The machine has nothing of the realm any more, and said so. */
  afterUnload: (machine: string, realm: string) => Promise<void>
  /** Those of the realms that the machine was never given: what it says of them is a lie. */
  neverHad: (machine: string, realms: Iterable<string>) => Promise<Set<string>>
  /** It says that it holds these, and was never given them. */
  onLie: (machine: string, realms: string[]) => void
  /** Until an agent is there. */
  agentTimeoutMs: number
  /** Until a deployment is loaded. */
  loadTimeoutMs: number
}

/** How many cells that are gone are remembered, so that an answer which crossed the news is not believed. */
const GONE_REMEMBERED = 1000
/** Starts at once up to which control reads ahead: it holds what it read until the cell has it, and who asks for a thousand cold realms must not fill it. */
const PREFETCHED_STARTS = 64

/** Which deployments are loaded where, as the agents say, and the way to load and unload them. */
export class CellFleet {
  readonly #options: CellFleetOptions
  readonly #loads = new LoadTable()
  readonly #starting = new Map<string, Promise<LoadedDeployment>>()
  readonly #waiting = new Set<LoadPlan>()
  readonly #gone = new Set<string>()
  /** Each running `sync` hears of what is dropped meanwhile. */
  readonly #watchers = new Set<Set<string>>()

  constructor(options: CellFleetOptions) {
    this.#options = options
  }

  all(): LoadedDeployment[] {
    return this.#loads.all()
  }

  /** The machines where a cordon is at home. */
  homesOf(cordon: string): Iterable<string> {
    return this.#loads.homesOf(cordon)
  }

  /** One that is in the routes, if there is any. */
  get(realm: string, deployment: string): LoadedDeployment | null {
    const loads = this.#loads.of(realm, deployment)
    return loads.find(({ hidden }) => !hidden) ?? loads[0] ?? null
  }

  at(realm: string, deployment: string, machine: string): LoadedDeployment | null {
    return this.#loads.at(realm, deployment, machine)
  }

  /** Loads that wait for a machine. */
  waiting(): LoadPlan[] {
    return [...this.#waiting]
  }

  /**
   * Resolves when the deployment is loaded and its cell is known to the routes. Concurrent calls share one start.
   * Errors: those of `cell.load`, NO_CAPACITY, TIMEOUT, UNAVAILABLE (the agent went away meanwhile).
   */
  load(plan: LoadPlan): Promise<LoadedDeployment> {
    const key = loadKey(plan.load.realm, plan.load.deployment)
    const there = this.get(plan.load.realm, plan.load.deployment)
    if (there) return Promise.resolve(there)
    const running = this.#starting.get(key)
    if (running) return running
    const start = this.#start(plan).finally(() => this.#starting.delete(key))
    this.#starting.set(key, start)
    return start
  }

  /** Loads it on this machine too, and shows it to the routes. Errors: those of `load`, but for NO_CAPACITY. */
  async loadOn(agent: Agent, plan: LoadPlan): Promise<void> {
    if (this.#loads.at(plan.load.realm, plan.load.deployment, agent.machine)) return
    await this.#loadOn(agent, plan)
  }

  isStarting(realm: string, deployment: string): boolean {
    return this.#starting.has(loadKey(realm, deployment))
  }

  /** Takes its cells out of the routes at once, then tells the agents. No error when it is not loaded. */
  async unload(realm: string, deployment: string): Promise<void> {
    const loads = this.#loads.of(realm, deployment)
    for (const loaded of loads) this.#forget(loaded)
    for (const loaded of loads) await this.#tellUnloaded(loaded)
  }

  /** The same for one of its cells. */
  async unloadOne(loaded: LoadedDeployment): Promise<void> {
    if (this.#loads.at(loaded.realm, loaded.deployment, loaded.agent.machine) !== loaded) return
    this.#forget(loaded)
    await this.#tellUnloaded(loaded)
  }

  async #tellUnloaded({ realm, deployment, cordon, agent }: LoadedDeployment): Promise<void> {
    await agent.call('cell.unload', { cordon, realm, deployment }, { timeoutMs: 10_000 })
    if (!this.#hasRealm(agent.machine, realm)) await this.#options.afterUnload(agent.machine, realm)
  }

  /** Takes the cell out of the routes, but leaves it loaded: requests on their way still find it. */
  hide(loaded: LoadedDeployment): void {
    loaded.hidden = true
    this.#options.publisher.removeCell(loaded.realm, loaded.deployment, loaded.cell)
  }

  /** It was hidden, and is wanted again. */
  show(loaded: LoadedDeployment): void {
    loaded.hidden = false
    const { realm, deployment, cell, address } = loaded
    this.#options.publisher.addCell(realm, deployment, { id: cell, address })
  }

  async renew(loaded: LoadedDeployment): Promise<void> {
    const { realm, deployment, cordon, agent } = loaded
    const { capability, expiresAtMs } = await this.#options.issue(realm, deployment)
    await agent.call('cell.renew', { cordon, realm, deployment, capability }, { timeoutMs: 10_000 })
    loaded.capabilityExpiresAtMs = expiresAtMs
  }

  /** A cell of this machine is gone; what it held. */
  cellGone(machine: string, cell: string): LoadedDeployment[] {
    this.#gone.add(`${machine} ${cell}`)
    if (this.#gone.size > GONE_REMEMBERED) this.#gone.delete(this.#gone.values().next().value as string)
    return this.#forgetAll((loaded) => loaded.agent.machine === machine && loaded.cell === cell)
  }

  agentGone(agent: Agent): LoadedDeployment[] {
    return this.#forgetAll((loaded) => loaded.agent === agent)
  }

  /** Its word is worth nothing: what it has on another host is asked no more, so that it runs elsewhere. On this host it has its time to leave. */
  distrusted(agent: Agent): LoadedDeployment[] {
    return agent.relayed ? this.agentGone(agent) : []
  }

  /** Asks an agent what it holds and brings what is believed of it in line. What changes while it answers is left alone. */
  async sync(agent: Agent): Promise<CellStatus[]> {
    const before = new Set(this.all().filter((loaded) => loaded.agent === agent))
    const dropped = new Set<string>()
    this.#watchers.add(dropped)
    try {
      const said = await agent.call('cell.list', null, { timeoutMs: 10_000 })
      const cells = await this.#believed(agent, believedCells(said, agent))
      agent.usedBytes = cells.reduce((sum, { rssBytes }) => sum + rssBytes, 0)
      agent.usedCpus = cells.reduce((sum, { cpus = 0 }) => sum + cpus, 0)
      if (agent.alive()) this.#adopt(agent, cells, before, dropped)
      agent.isKnown = true
      return cells
    } finally {
      this.#watchers.delete(dropped)
    }
  }

  /** Without what it was never given: a machine must not draw to itself the requests of other realms. */
  async #believed(agent: Agent, cells: CellStatus[]): Promise<CellStatus[]> {
    const { neverHad, onLie } = this.#options
    const realms = new Set(cells.flatMap(({ isolates }) => isolates.map(({ realm }) => realm)))
    const foreign = await neverHad(agent.machine, realms)
    if (foreign.size === 0) return cells
    onLie(agent.machine, [...foreign])
    return cells.map((cell) => ({
      ...cell,
      isolates: cell.isolates.filter(({ realm }) => !foreign.has(realm)),
    }))
  }

  #hasRealm(machine: string, realm: string): boolean {
    if (this.all().some((loaded) => loaded.realm === realm && loaded.agent.machine === machine)) return true
    return [...this.#starting.keys()].some((key) => key.startsWith(`${realm} `))
  }

  #adopt(agent: Agent, cells: CellStatus[], before: Set<LoadedDeployment>, dropped: Set<string>): void {
    const actual = new Set<string>()
    if (agent.relayed && agent.distrusted) return
    for (const { cell, cordon, address: said, isolates, rssBytes } of cells) {
      const address = addressOf(agent, cell, said)
      if (cordon === null || this.#gone.has(`${agent.machine} ${cell}`)) continue
      for (const { realm, deployment, active, load = NO_LOAD } of isolates) {
        const key = placeKey(realm, deployment, agent.machine)
        actual.add(`${key} ${cell}`)
        const known = this.#loads.at(realm, deployment, agent.machine)
        const memoryBytes = rssBytes / isolates.length || EXPECTED_BYTES
        if (known?.cell === cell) Object.assign(known, { memoryBytes, active, load })
        if (dropped.has(key) || known?.cell === cell || (known && !before.has(known))) continue
        if (known) this.#forget(known)
        // How old its capability is, nobody knows: the next round renews it.
        const account = this.#options.publisher.realm(realm)?.account ?? null
        const fresh = { account, capabilityExpiresAtMs: 0, hidden: false, memoryBytes, active, load }
        this.#keep({ realm, deployment, cordon, agent, cell, address, ...fresh })
      }
    }
    this.#forgetAll(
      (loaded) =>
        before.has(loaded) &&
        !actual.has(`${placeKey(loaded.realm, loaded.deployment, agent.machine)} ${loaded.cell}`),
    )
  }

  async #start(plan: LoadPlan): Promise<LoadedDeployment> {
    try {
      await this.#loadOn(await this.#machineFor(plan), plan)
    } catch (thrown) {
      if (!(thrown instanceof PlatformError) || thrown.details.reason !== AGENT_WENT) throw thrown
      // Loading may be repeated: an agent that was cut off comes back within moments, or another takes over.
      await this.#loadOn(await this.#machineFor(plan), plan)
    }
    const loaded = this.get(plan.load.realm, plan.load.deployment)
    if (loaded) return loaded
    throw wentAway()
  }

  /** NO_CAPACITY: none comes in time, or none ever will. */
  async #machineFor(plan: LoadPlan): Promise<Agent> {
    const { hub, rules, agentTimeoutMs, onWaiting } = this.#options
    const { cordon, load } = plan
    const rule = rules.ruleOf(load.realm, load.account)
    rules.requirePossible(rule)
    const isHome = ({ machine }: Agent) => this.#loads.isHome(cordon, machine)
    this.#waiting.add(plan)
    try {
      return await hub.first(
        agentTimeoutMs,
        (agents) => chooseMachine(agents, rule, rules.pools, isHome),
        onWaiting,
      )
    } finally {
      this.#waiting.delete(plan)
    }
  }

  async #loadOn(agent: Agent, plan: LoadPlan): Promise<void> {
    const { cordon, load } = plan
    const { issue, prefetch, beforeLoad, rules, loadTimeoutMs: timeoutMs } = this.#options
    const { realm, deployment } = load
    rules.requireAllowed(agent, rules.ruleOf(realm, load.account))
    const isCalm = this.#starting.size <= PREFETCHED_STARTS
    const asked = Promise.all([issue(realm, deployment), isCalm ? prefetch(realm, deployment) : null])
    asked.catch(() => undefined)
    // The store answers while the disk is waited for.
    await linksHaveSent()
    await beforeLoad(agent.machine, plan)
    const [{ capability, expiresAtMs }, prefetched] = await asked
    const params = { cordon, load: { ...load, capability, ...(prefetched && { prefetched }) } }
    const { cell, address: said } = await agent
      .call('cell.load', params, { timeoutMs })
      .catch((thrown: unknown) => {
        throw agent.alive() ? thrown : wentAway(thrown)
      })
    const isUseless = agent.relayed && agent.distrusted
    if (!agent.alive() || isUseless || this.#gone.has(`${agent.machine} ${cell}`)) throw wentAway()
    const address = addressOf(agent, cell, said)
    const fresh = { hidden: false, memoryBytes: EXPECTED_BYTES, active: 0, load: NO_LOAD }
    this.#keep({
      realm,
      deployment,
      account: load.account,
      cordon,
      agent,
      cell,
      address,
      capabilityExpiresAtMs: expiresAtMs,
      ...fresh,
    })
  }

  #keep(loaded: LoadedDeployment): void {
    this.#loads.put(loaded)
    this.show(loaded)
  }

  #forget(loaded: LoadedDeployment): void {
    this.#loads.remove(loaded)
    const key = placeKey(loaded.realm, loaded.deployment, loaded.agent.machine)
    for (const dropped of this.#watchers) dropped.add(key)
    this.hide(loaded)
  }

  #forgetAll(which: (loaded: LoadedDeployment) => boolean): LoadedDeployment[] {
    const lost = this.all().filter(which)
    for (const loaded of lost) this.#forget(loaded)
    this.#options.publisher.flush()
    return lost
  }
}

/** What a machine elsewhere says of its sockets means nothing here, and must not lead the gateway anywhere. */
const addressOf = ({ relayed, machine }: Agent, cell: string, said: string): string =>
  relayed ? relayAddress(machine, cell) : said

/** In `details.reason` of the error: the agent is gone, not the program at fault. */
const AGENT_WENT = 'agent-went'

const wentAway = (cause?: unknown): PlatformError =>
  new PlatformError('UNAVAILABLE', 'The machine went away while the realm was loading; try again', {
    cause,
    details: { reason: AGENT_WENT },
  })

/** Links send at the end of a turn, and their question may have been put only during this one. */
async function linksHaveSent(): Promise<void> {
  await setImmediate()
  await setImmediate()
}
