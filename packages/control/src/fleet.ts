import type { FleetAction, FleetMachine, FleetPool, Page } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { MachineState, PlanAction } from '@openzimki/placement'
import { requireOperator } from './accounts.ts'
import type { Caller } from './caller.ts'
import type { MachineParts } from './compose-machines.ts'
import type { ControlContext } from './control-context.ts'
import { type PageRequest, readPage } from './database/read-page.ts'
import type { MachineRow } from './database/rows.ts'
import type { FleetKeeper } from './machines/fleet-keeper.ts'
import type { MachinePool } from './machines/machine-pool.ts'
import { waitOf } from './machines/realm-signals.ts'

type Price = FleetMachine['price']

/** The machines that realms run on. Operators alone. */
export class FleetService {
  readonly #context: ControlContext
  readonly #machines: MachineParts

  constructor(context: ControlContext, machines: MachineParts) {
    this.#context = context
    this.#machines = machines
  }

  /** In order of their launch. */
  async machines(caller: Caller, page: PageRequest): Promise<Page<FleetMachine>> {
    requireOperator(caller)
    const { keeper } = this.#machines
    const seen = keeper ? (await keeper.preview()).state.machines : []
    const states = new Map(seen.map((machine) => [machine.id, machine]))
    return readPage<MachineRow, FleetMachine>(this.#context.db('machines'), page, (row) =>
      this.#show(row, states.get(row.id)),
    )
  }

  async pools(caller: Caller): Promise<{ pools: FleetPool[] }> {
    requireOperator(caller)
    const { keeper } = this.#machines
    if (!keeper) return { pools: [] }
    const { machines } = (await keeper.preview()).state
    const pools = keeper.pools.map((pool): FleetPool => {
      const own = machines.filter((machine) => machine.pool === pool.name)
      const { memoryBytes, cpus, ...state } = pool.state()
      const ready = own.filter((machine) => machine.state === 'ready').length
      const kept = own.filter(({ state: one }) => one === 'prepared' || one === 'preparing').length
      const { provider, size } = pool.options
      return {
        ...state,
        provider: provider.name,
        size,
        price: priceOf(pool),
        ready,
        kept,
        machines: own.length,
      }
    })
    return { pools }
  }

  /** Does nothing. UNSUPPORTED: somebody else starts machines. */
  async plan(
    caller: Caller,
  ): Promise<{ actions: FleetAction[]; problems: { about: string; why: string }[] }> {
    requireOperator(caller)
    const { actions, problems } = (await this.#keeper().preview()).planned
    return {
      actions: actions.map(showAction),
      problems: problems.map(({ about, why }) => ({ about: realmOf(about), why: withoutDeployments(why) })),
    }
  }

  /** Its realms move, then it goes. NOT_FOUND; UNSUPPORTED: somebody else starts machines. */
  async drain(caller: Caller, machine: string, reason: string): Promise<void> {
    requireOperator(caller)
    const keeper = this.#keeper()
    await this.#machines.registry.leave(machine, reason, caller)
    this.#machines.hub.cordon(machine)
    keeper.wake()
  }

  #keeper(): FleetKeeper {
    const { keeper } = this.#machines
    if (keeper) return keeper
    throw new PlatformError(
      'UNSUPPORTED',
      'This platform does not start machines itself: somebody else does, and knows',
    )
  }

  #show(row: MachineRow, state: MachineState | undefined): FleetMachine {
    const { hub, fleet, keeper } = this.#machines
    const agent = hub.get(row.id)
    const loads = fleet.all().filter((loaded) => loaded.agent.machine === row.id)
    const pool = keeper?.pools.find(({ name }) => name === (state?.pool ?? row.pool))
    return {
      ...{ id: row.id, pool: pool?.name ?? row.pool, createdAtMs: row.created_at_ms },
      state: state?.state ?? (agent ? 'ready' : 'starting'),
      reason: state?.reason ?? null,
      cells: new Set(loads.map(({ cell }) => cell)).size,
      realms: loads.length,
      requests: loads.reduce((sum, { active }) => sum + active, 0),
      waitMs: Math.round(Math.max(0, ...loads.map(({ load }) => waitOf(load.waiting, load.perSecond)))),
      cpus: agent?.cpus ?? state?.cpus ?? 0,
      usedCpus: Math.round((agent?.usedCpus ?? 0) * 1000) / 1000,
      memoryBytes: agent?.memoryBytes ?? state?.memoryBytes ?? 0,
      usedBytes: agent?.usedBytes ?? 0,
      price: pool ? priceOf(pool) : null,
    }
  }
}

function priceOf(pool: MachinePool): Price {
  const { price } = pool.state()
  return price === null || pool.currency === null ? null : { amount: price, currency: pool.currency }
}

function showAction(action: PlanAction): FleetAction {
  const why = withoutDeployments(action.why)
  if (!('realm' in action)) return { ...action, why }
  const { account, ...shown } = action
  return { ...shown, realm: realmOf(action.realm), why }
}

/** Inside, a realm is named with the deployment that is meant. */
const realmOf = (key: string): string => key.split(' ')[0] ?? key

const withoutDeployments = (why: string): string => why.replaceAll(/ [0-9a-f]{64}\b/g, '')
