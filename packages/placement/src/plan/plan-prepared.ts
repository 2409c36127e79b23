import { type Growth, whyBlocked } from './growth.ts'
import type { Host, PoolHosts } from './host-table.ts'
import type { DestroyReason, PlanAction } from './plan-action.ts'
import { machines } from './plan-floors.ts'
import type { PlanOptions } from './plan-options.ts'

/**
 * Keeps as many machines prepared as each pool should have: what is lacking is launched when nothing else comes, since what is launched while
 * machines are needed is to work at once; what is of another release, or too many, goes, a few in a round.
 */
export function planPrepared(
  pools: readonly PoolHosts[],
  growth: Growth,
  options: PlanOptions,
): PlanAction[] {
  return pools.flatMap((hosts) => {
    const { name, prepared } = hosts.pool
    const left = hosts.reserve.filter((host) => !growth.isStarted(host))
    const outdated = left.filter(({ machine }) => machine.outdated !== null)
    const lacking = prepared - (left.length - outdated.length)
    const mayPrepare = lacking > 0 && isCalm(hosts, growth, options) && whyBlocked(hosts) === null
    for (let count = 0; mayPrepare && count < Math.min(lacking, options.maxLaunches); count += 1) {
      growth.prepare(
        hosts,
        `pool ${name} keeps ${machines(prepared)} prepared and has ${prepared - lacking + count}`,
      )
    }
    const why = `pool ${name} keeps ${machines(prepared)} prepared and has ${left.length - outdated.length}`
    const surplus = left.filter(({ machine }) => machine.outdated === null).toSorted(leastReady)
    return [
      ...outdated.map((host) => destroy(host, 'outdated', `it is outdated: ${host.machine.outdated}`)),
      ...surplus.slice(0, Math.max(0, -lacking)).map((host) => destroy(host, 'surplus', why)),
    ].slice(0, options.maxDrains)
  })
}

/** Nothing comes, and what came has been given what it came for. */
function isCalm(hosts: PoolHosts, growth: Growth, { freshMs }: PlanOptions): boolean {
  if (hosts.starting + growth.launches(hosts) > 0) return false
  return !hosts.ready.some(({ realms, machine }) => realms === 0 && machine.emptyMs < freshMs)
}

/** Those that are still being prepared first. */
function leastReady(a: Host, b: Host): number {
  const marks = [a, b].map(({ machine }) => (machine.state === 'preparing' ? 0 : 1))
  return marks[0]! - marks[1]! || (a.machine.id < b.machine.id ? 1 : -1)
}

const destroy = (host: Host, reason: DestroyReason, why: string): PlanAction => ({
  ...{ action: 'destroy', pool: host.pool.pool.name, machine: host.machine.id, reason, why },
})
