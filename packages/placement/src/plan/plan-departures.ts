import type { Growth } from './growth.ts'
import type { Host, HostTable, PoolHosts } from './host-table.ts'
import type { DestroyReason, DrainReason, PlanAction, PlanProblem } from './plan-action.ts'
import { type Kept, machines } from './plan-floors.ts'
import type { PlanOptions } from './plan-options.ts'

/** What is dead, what has nothing left to do, and what can be waited for no longer. */
export function planDestroys(table: HostTable): PlanAction[] {
  return table.pools.flatMap(({ all }) =>
    all.flatMap((host): PlanAction[] => {
      const { state, forced, isKnown, reason } = host.machine
      const said = reason ?? 'nobody said why'
      if (state === 'lost') return [destroy(host, 'lost', `it is lost: ${said}`)]
      if (state !== 'leaving') return []
      if (host.realms === 0 && isKnown)
        return [destroy(host, 'drained', `nothing runs on it any more, and it was to go: ${said}`)]
      return forced ? [destroy(host, 'forced', `it cannot be waited for any longer: ${said}`)] : []
    }),
  )
}

/**
 * Machines to empty: one that is outdated when its successor is there (which is launched for it), those above the ceiling, those that
 * nobody needs. Never so many that fewer than `kept` would be ready.
 */
export function planDrains(
  table: HostTable,
  growth: Growth,
  kept: Kept,
  options: PlanOptions,
  problems: PlanProblem[],
): PlanAction[] {
  const keepOf = (hosts: PoolHosts) => kept.get(hosts) ?? hosts.pool.floor
  return table.ranks.flatMap((alike) => {
    const drains = alike.flatMap((hosts) => drainOne(hosts, keepOf(hosts), growth, options, problems))
    const isMoving = drains.length > 0 || alike.some((hosts) => isGrowing(hosts, growth))
    return isMoving ? drains : drainHalfEmpty(alike, keepOf, options)
  })
}

const isGrowing = (hosts: PoolHosts, growth: Growth): boolean =>
  growth.launches(hosts) > 0 || hosts.starting > 0

function drainOne(
  hosts: PoolHosts,
  keep: number,
  growth: Growth,
  options: PlanOptions,
  problems: PlanProblem[],
): PlanAction[] {
  const outdated = drainOutdated(hosts, keep, growth, options, problems)
  if (outdated.length > 0) return outdated
  const surplus = drainSurplus(hosts, options)
  if (surplus.length > 0) return surplus
  return isGrowing(hosts, growth) ? [] : drainEmpty(hosts, keep, options)
}

function drainOutdated(
  hosts: PoolHosts,
  keep: number,
  growth: Growth,
  { surge }: PlanOptions,
  problems: PlanProblem[],
): PlanAction[] {
  const next = hosts.ready
    .filter(({ machine, isGiven }) => machine.outdated !== null && !isGiven)
    .sort((a, b) => a.realms - b.realms || byId(a, b))[0]
  if (!next || hosts.leaving >= surge) return []
  const { id, outdated } = next.machine
  if (hosts.ready.length > keep) return [drain(next, 'outdated', `it is outdated: ${outdated}`)]
  if (hosts.starting + growth.launches(hosts) > 0) return []
  const whyNot = growth.whyNot(hosts, 1)
  if (whyNot === null) growth.launch(hosts, 'successor', `it will take the place of ${id}: ${outdated}`)
  else
    problems.push({
      about: hosts.pool.name,
      why: `machine ${id} is outdated and has no successor: ${whyNot}`,
    })
  return []
}

function drainSurplus({ ready, pool }: PoolHosts, { maxDrains }: PlanOptions): PlanAction[] {
  const above = ready.length - pool.ceiling
  if (above <= 0) return []
  const why = `pool ${pool.name} may have ${machines(pool.ceiling)} and has ${ready.length}`
  const chosen = ready
    .filter(({ isGiven }) => !isGiven)
    .sort((a, b) => a.realms - b.realms || byId(a, b))
    .slice(0, Math.min(above, maxDrains))
  return chosen.map((host) => drain(host, 'above-ceiling', why))
}

function drainEmpty(hosts: PoolHosts, keep: number, { emptyMs, maxDrains }: PlanOptions): PlanAction[] {
  const { ready, pool } = hosts
  const may = Math.min(ready.length - keep, hosts.empty - pool.spares, maxDrains)
  if (may <= 0) return []
  const chosen = ready
    .filter(({ realms, machine }) => realms === 0 && machine.emptyMs >= emptyMs)
    .sort((a, b) => b.machine.emptyMs - a.machine.emptyMs || byId(a, b))
    .slice(0, may)
  return chosen.map((host) => {
    const forText = `${Math.round(host.machine.emptyMs / 1000)} s`
    return drain(host, 'empty', `it has been empty for ${forText}, and pool ${pool.name} keeps ${keep}`)
  })
}

/** One at a time of a group: the emptiest, when the others stay far from full with what it has. */
function drainHalfEmpty(
  alike: readonly PoolHosts[],
  keepOf: (hosts: PoolHosts) => number,
  options: PlanOptions,
): PlanAction[] {
  const ready = alike.flatMap((hosts) => hosts.ready)
  if (alike.some(({ leaving }) => leaving > 0) || ready.some(({ isGiven }) => isGiven)) return []
  const working = ready.filter(({ realms }) => realms > 0).sort((a, b) => a.share - b.share || byId(a, b))
  // A realm that is busy was given its machine because the others hold it already.
  const least = working.find(({ pool, spread }) => spread === 0 && pool.ready.length > keepOf(pool))
  const next = working.find((host) => host !== least)
  if (!least || !next) return []
  const after = shareWithout(least, working)
  const largest = least.largestBytes / least.machine.memoryBytes
  if (
    after >= options.shrinkShare ||
    next.share + Math.max(largest, least.share / least.realms) > options.fillShare
  )
    return []
  const which = alike.length === 1 ? `pool ${least.pool.pool.name}` : `group ${least.pool.pool.group}`
  const why = `without it the machines of ${which} are ${Math.round(after * 100)} % full`
  return [drain(least, 'half-empty', why)]
}

/** How full the others would be on average. Machines of a group may differ in size: what it has is counted as one of theirs would have it. */
function shareWithout(least: Host, working: readonly Host[]): number {
  const others = working.filter((host) => host !== least)
  const meanOf = (of: (host: Host) => number) =>
    others.reduce((sum, host) => sum + of(host), 0) / others.length
  const bytes = meanOf(({ machine }) => machine.memoryBytes)
  const cpus = meanOf(({ machine }) => machine.cpus)
  return (
    meanOf(({ share }) => share) + Math.max(least.usedBytes / bytes, least.usedCpus / cpus) / others.length
  )
}

const byId = (a: Host, b: Host): number => (a.machine.id < b.machine.id ? -1 : 1)

const drain = (host: Host, reason: DrainReason, why: string): PlanAction => ({
  ...{ action: 'drain', pool: host.pool.pool.name, machine: host.machine.id, reason, why },
})

const destroy = (host: Host, reason: DestroyReason, why: string): PlanAction => ({
  ...{ action: 'destroy', pool: host.pool.pool.name, machine: host.machine.id, reason, why },
})
