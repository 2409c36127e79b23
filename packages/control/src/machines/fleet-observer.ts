import type { FleetState, MachineState, RealmState } from '@openzimki/placement'
import type { ControlContext } from '../control-context.ts'
import type { MachineRow } from '../database/rows.ts'
import { loadKey, type RoutePublisher } from '../routing/route-publisher.ts'
import type { AgentHub } from './agent-hub.ts'
import type { CellFleet } from './cell-fleet.ts'
import { EXPECTED_BYTES, type LoadedDeployment } from './load-table.ts'
import type { MachineLooks } from './machine-looks.ts'
import type { MachinePool } from './machine-pool.ts'
import type { MachineRegistry } from './machine-registry.ts'
import type { MachineRules } from './machine-rules.ts'
import type { RealmSignals } from './realm-signals.ts'

export interface FleetObserverParts {
  context: ControlContext
  hub: AgentHub
  registry: MachineRegistry
  fleet: CellFleet
  publisher: RoutePublisher
  /** In order of preference; at least one. */
  pools: readonly MachinePool[]
  /** Of this platform; machines that another launched are replaced. */
  release: string
  /** A machine whose agent has not joined by then is lost, unless its pool gives it longer. */
  joinMs: number
  /** One that is not prepared by then is lost. */
  prepareMs: number
  /** A machine that is trusted and could not be emptied by then goes all the same. */
  patienceMs: number
  looks: MachineLooks
  signals: RealmSignals
  rules: MachineRules
  /** Somebody needs this load, though it may not be live. */
  isHeld: (realm: string, deployment: string) => boolean
}

/** An agent that stayed this long makes up for failures before it. */
const STEADY_MS = 30_000

type Seen = Pick<MachineState, 'state' | 'reason' | 'isKnown'>

const holdsNothing = (state: Seen['state'], reason: Seen['reason']): Seen => ({
  state,
  reason,
  isKnown: true,
})

/** Looks at everything that `plan` goes by. */
export class FleetObserver {
  readonly #parts: FleetObserverParts
  /** Since when something is so with a machine (monotonic). */
  readonly #since = new Map<string, number>()

  readonly #joined = new Set<string>()

  constructor(parts: FleetObserverParts) {
    this.#parts = parts
  }

  async observe(): Promise<FleetState> {
    const { registry, pools } = this.#parts
    const rows = await registry.all()
    const used = new Set(this.#parts.fleet.all().map(({ agent }) => agent.machine))
    const machines = await Promise.all(rows.map((row) => this.#machine(row, used)))
    return {
      pools: pools.map((pool) => pool.state()),
      machines: machines.filter((machine) => machine !== null),
      realms: this.#realms(),
      homesOf: (account) => this.#parts.fleet.homesOf(account),
    }
  }

  poolOf({ pool }: Pick<MachineRow, 'pool'>): MachinePool | undefined {
    const { pools } = this.#parts
    return pool === null ? pools[0] : pools.find(({ name }) => name === pool)
  }

  /** It was launched or started just now: its agent has time to join from here on. */
  expect(machine: string): void {
    this.#spanOf(machine, 'missing', true)
  }

  /** Its agent was never there. */
  neverJoined(machine: string): boolean {
    return !this.#joined.has(machine)
  }

  forget(machine: string): void {
    for (const key of this.#since.keys()) if (key.startsWith(`${machine} `)) this.#since.delete(key)
    this.#joined.delete(machine)
    this.#parts.looks.forget(machine)
  }

  /** Null: of a pool that is not configured any more. */
  async #machine(row: MachineRow, used: ReadonlySet<string>): Promise<MachineState | null> {
    const { hub, joinMs, patienceMs, release } = this.#parts
    const pool = this.poolOf(row)
    const agent = hub.get(row.id)
    if (!pool || (row.pool === null && agent && !(await this.#isOurs(row, pool)))) return null
    const going = row.condemned ?? row.leaving
    const goingMs = this.#spanOf(row.id, 'going', going !== null)
    const { state, reason, isKnown } = agent
      ? {
          state: going === null ? ('ready' as const) : ('leaving' as const),
          reason: going,
          isKnown: agent.isKnown,
        }
      : await this.#missing(row, pool)
    const joinedMs = this.#spanOf(row.id, 'joined', agent !== null)
    if (agent || row.public_key !== null) this.#joined.add(row.id)
    if (joinedMs >= STEADY_MS) pool.succeeded()
    const isEmpty = agent !== null && !used.has(row.id)
    const { memoryBytes, cpus } = agent ?? pool.state()
    return {
      ...{ id: row.id, pool: pool.name, state, reason, memoryBytes, cpus },
      outdated:
        row.release === release ? null : `it is of release ${row.release ?? 'unknown'}, this is ${release}`,
      // One that is not trusted waits for its successor, and no longer.
      forced: going !== null && goingMs >= (row.condemned === null ? patienceMs : joinMs),
      // Nobody waits for the word of one that is not trusted.
      isKnown: isKnown || row.condemned !== null,
      emptyMs: this.#spanOf(row.id, 'empty', isEmpty),
    }
  }

  /** Somebody else may have started it; then it is none of our business, until it cannot be trusted. */
  async #isOurs(row: MachineRow, { options }: MachinePool): Promise<boolean> {
    return row.condemned !== null || (await this.#parts.looks.at(options.provider, row.id)) !== null
  }

  /** Without an agent. One that had one before may hold what it held then, as after a restart of ours: it comes back within its time, or is lost. */
  async #missing(row: MachineRow, pool: MachinePool): Promise<Seen> {
    const missingMs = this.#spanOf(row.id, 'missing', true)
    const going = row.condemned ?? row.leaving
    const waiting = {
      ...{ state: going === null ? ('starting' as const) : ('leaving' as const), reason: going },
      isKnown: row.public_key === null,
    }
    try {
      const machine = await this.#parts.looks.at(pool.options.provider, row.id)
      // Also one whose start did not come true: it is started again.
      if (machine?.state === 'prepared') {
        this.#since.delete(`${row.id} missing`)
        return going === null ? holdsNothing('prepared', null) : { ...waiting, isKnown: true }
      }
      if (machine?.state !== 'running' && machine?.state !== 'starting') {
        return holdsNothing('lost', machine?.reason ?? `it is ${machine?.state ?? 'gone'}`)
      }
    } catch (error) {
      pool.failed(error)
      return waiting
    }
    if (row.prepared !== 0) {
      if (missingMs < this.#parts.prepareMs) return going === null ? holdsNothing('preparing', null) : waiting
      return holdsNothing('lost', 'its preparation does not end')
    }
    if (missingMs < (pool.options.joinMs ?? this.#parts.joinMs)) return waiting
    return holdsNothing('lost', 'its agent does not join')
  }

  /** For how long this has been so without a break; 0 when it is not. */
  #spanOf(machine: string, what: string, isSo: boolean): number {
    const key = `${machine} ${what}`
    if (what === 'joined' && isSo) this.#since.delete(`${machine} missing`)
    if (!isSo) {
      this.#since.delete(key)
      return 0
    }
    const nowMs = this.#parts.context.clock.monotonicMs()
    const sinceMs = this.#since.get(key) ?? nowMs
    this.#since.set(key, sinceMs)
    return nowMs - sinceMs
  }

  /** Named by realm and deployment, since a realm may have several loaded at once. */
  #realms(): RealmState[] {
    const { fleet, rules, signals } = this.#parts
    const byKey = Map.groupBy(fleet.all(), ({ realm, deployment }) => loadKey(realm, deployment))
    signals.keep(new Set(byKey.keys()))
    const waiting = fleet.waiting().map(({ load, cordon }) => ({
      ...{ realm: loadKey(load.realm, load.deployment), account: cordon },
      ...rules.ruleOf(load.realm, load.account),
      ...{ loads: [], wanted: true, memoryBytes: EXPECTED_BYTES },
      ...signals.read(loadKey(load.realm, load.deployment), []),
    }))
    return [...[...byKey].map(([key, loads]) => this.#realm(key, loads)), ...waiting]
  }

  #realm(key: string, loads: readonly LoadedDeployment[]): RealmState {
    const { publisher, rules, signals, isHeld } = this.#parts
    const { realm, deployment, cordon, account } = loads[0]!
    const isLive = publisher.realm(realm)?.deployment === deployment
    return {
      ...{ realm: key, account: cordon, ...rules.ruleOf(realm, account) },
      loads: loads.map(({ agent, hidden }) => ({ machine: agent.machine, serving: !hidden })),
      wanted: (isLive && loads.some(({ hidden }) => !hidden)) || isHeld(realm, deployment),
      memoryBytes: Math.max(...loads.map(({ memoryBytes }) => memoryBytes)),
      ...signals.read(
        key,
        loads.map(({ load }) => load),
      ),
    }
  }
}
