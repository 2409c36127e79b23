import type { PoolHosts } from './host-table.ts'

/**
 * Which pool of a group grows next, best first. What fails together is kept small before anything is kept cheap: first the zone with the
 * fewest of the group's machines, in it a pool that has not got more than half of the zone's, then the cheapest by core, then the first
 * configured. A group that grows like that has its machines in all zones, and in at least two kinds in each, for little more than the
 * cheapest of all. `alive` counts machines that take work or will.
 */
export function growthOrder(
  able: readonly PoolHosts[],
  group: readonly PoolHosts[],
  alive: (hosts: PoolHosts) => number,
): PoolHosts[] {
  if (able.length < 2) return [...able]
  const inZone = new Map<string, number>()
  for (const hosts of group) inZone.set(zoneOf(hosts), (inZone.get(zoneOf(hosts)) ?? 0) + alive(hosts))
  const marksOf = (hosts: PoolHosts) => {
    const here = inZone.get(zoneOf(hosts)) ?? 0
    const isMost = alive(hosts) * 2 > here
    return [here, isMost ? 1 : 0, (hosts.pool.price ?? 0) / hosts.pool.cpus]
  }
  const marked = able.map((hosts) => ({ hosts, marks: marksOf(hosts) }))
  // Stable: of equals the first configured.
  return marked.sort((a, b) => firstDifference(a.marks, b.marks)).map(({ hosts }) => hosts)
}

/** Machines whose zone the provider chooses fail together, for all that is known. */
const zoneOf = ({ pool }: PoolHosts): string => pool.zone ?? `pool ${pool.name}`

function firstDifference(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at < 0 ? 0 : a[at]! - b[at]!
}
