import type { FleetState } from './fleet-state.ts'
import { Growth } from './growth.ts'
import { Homes } from './homes.ts'
import { HostTable, type PoolHosts } from './host-table.ts'
import type { FleetPlan, PlanProblem } from './plan-action.ts'
import { planDestroys, planDrains } from './plan-departures.ts'
import { planFloors, planSpares } from './plan-floors.ts'
import { planLoads, planUnloads } from './plan-loads.ts'
import { DEFAULT_PLAN_OPTIONS, type PlanOptions } from './plan-options.ts'
import { planPrepared } from './plan-prepared.ts'
import { surveyRealms } from './realm-needs.ts'
import { findWishes } from './wishes.ts'

/**
 * What to do next so that the fleet becomes what it should be. The same state gives the same plan; carried out again and again it
 * comes to rest. A round is bounded (`options`), so what it begins it may finish in later ones.
 *
 * Promises: ready and starting machines never exceed a pool's ceiling but for the successors of those that leave, and all that
 * exist never exceed it by more than `surge`, but for those that are kept prepared; no drain takes ready machines below a floor; the last serving cell of a realm that is
 * asked for is unloaded only when another serves, unless its machine is lost or forced to go.
 */
export function plan(state: FleetState, change: Partial<PlanOptions> = {}): FleetPlan {
  const options = { ...DEFAULT_PLAN_OPTIONS, ...change }
  const problems: PlanProblem[] = []
  const table = new HostTable(state.pools, state.machines)
  const asked = surveyRealms(state.realms, table, options)
  table.settle()
  const growth = new Growth(table.ranks, options)
  const kept = planFloors(table.pools, growth, problems)
  const back = poolsThatTakeBack(table, growth, options)
  const urgent = asked.needs.take()
  const wishes = findWishes(state.realms, asked, table, urgent, back, options)
  const loads = planLoads([...urgent, ...wishes], {
    table,
    growth,
    homes: new Homes(state, table),
    options,
    problems,
  })
  planSpares(table.pools, growth)
  // Last, so that no machine is emptied that was just given something.
  const drains = planDrains(table, growth, kept, options, problems)
  const unloads = planUnloads(asked, table, options)
  const unneeded = planPrepared(table.pools, growth, options)
  const destroys = [...planDestroys(table), ...unneeded]
  return { actions: [...destroys, ...growth.actions, ...drains, ...loads, ...unloads], problems }
}

/** Those with a machine that is far from full, or that may have another one. */
function poolsThatTakeBack(table: HostTable, growth: Growth, { backShare }: PlanOptions): PoolHosts[] {
  return table.pools.filter((hosts) => {
    const emptiest = hosts.heap.emptiest(() => false)
    return (emptiest !== null && emptiest.share < backShare) || growth.whyNot(hosts) === null
  })
}
