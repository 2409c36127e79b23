import { type Growth, whyBlocked } from './growth.ts'
import type { PoolHosts } from './host-table.ts'
import type { PlanProblem } from './plan-action.ts'

/** Ready machines that each pool keeps, also in place of others. */
export type Kept = ReadonlyMap<PoolHosts, number>

/**
 * Launches what the floors lack. What a pool cannot launch because its provider fails, the next ones launch in its place; they keep that
 * until the pool itself is ready.
 */
export function planFloors(pools: readonly PoolHosts[], growth: Growth, problems: PlanProblem[]): Kept {
  const kept = new Map<PoolHosts, number>()
  let carried = 0
  let keptFor = 0
  let why = ''
  for (const hosts of pools) {
    const { name, floor } = hosts.pool
    const keep = Math.min(hosts.pool.ceiling, floor + keptFor)
    kept.set(hosts, keep)
    keptFor = Math.max(0, floor + keptFor - hosts.ready.length)
    const lacking = launchTo(hosts, floor + carried, growth, carried > 0 ? why : null)
    carried = 0
    const blocked = whyBlocked(hosts)
    if (lacking === 0) continue
    if (blocked === null && growth.alive(hosts) < hosts.pool.ceiling) continue
    if (blocked !== null) {
      problems.push({ about: name, why: `pool ${name} lacks ${machines(lacking)}: ${blocked}` })
      why = `pool ${name} cannot have its own: ${blocked}`
    }
    carried = lacking
  }
  if (carried > 0)
    problems.push({ about: 'fleet', why: `no pool can stand in for ${machines(carried)}: ${why}` })
  return kept
}

/** How many are still lacking. */
function launchTo(hosts: PoolHosts, wanted: number, growth: Growth, standInFor: string | null): number {
  const { name, floor } = hosts.pool
  while (growth.alive(hosts) < wanted && growth.whyNot(hosts) === null) {
    const isFloor = growth.alive(hosts) < floor || standInFor === null
    const why = isFloor
      ? `pool ${name} keeps at least ${machines(floor)} and has ${growth.alive(hosts)}`
      : `it stands in: ${standInFor}`
    if (!growth.launch(hosts, isFloor ? 'floor' : 'stand-in', why)) return 0
  }
  return Math.max(0, wanted - growth.alive(hosts))
}

/** Machines kept ready beyond those that have realms. */
export function planSpares(pools: readonly PoolHosts[], growth: Growth): void {
  for (const hosts of pools) {
    const { name, spares } = hosts.pool
    const empty = () => hosts.empty + hosts.starting + growth.launches(hosts)
    while (empty() < spares && growth.whyNot(hosts) === null) {
      const why = `pool ${name} keeps ${machines(spares)} spare and has ${empty()}`
      if (!growth.launch(hosts, 'spare', why)) break
    }
  }
}

export const machines = (count: number): string => `${count} ${count === 1 ? 'machine' : 'machines'}`
