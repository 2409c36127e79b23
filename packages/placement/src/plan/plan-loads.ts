import { chooseHost } from './choose-host.ts'
import { mayRunIn, type RealmState } from './fleet-state.ts'
import type { Growth } from './growth.ts'
import type { Homes } from './homes.ts'
import { type Host, type HostTable, shareWithFewer } from './host-table.ts'
import type { LoadReason, PlanAction, PlanProblem, UnloadReason } from './plan-action.ts'
import type { PlanOptions } from './plan-options.ts'
import type { RealmNeeds, Surplus } from './realm-needs.ts'
import type { Need } from './turns.ts'

/** Better on a full machine than nowhere. */
const MUST: ReadonlySet<LoadReason> = new Set(['asked-for', 'leaving', 'not-allowed', 'below-floor'])
/** Of problems that are told: the first say it all. */
const MAX_PROBLEMS = 20

export interface LoadInputs {
  table: HostTable
  growth: Growth
  homes: Homes
  options: PlanOptions
  problems: PlanProblem[]
}

/** Finds a place for each need; where there is none, asks for growth. */
export function planLoads(needs: readonly Need[], inputs: LoadInputs): PlanAction[] {
  return needs.flatMap((need): PlanAction[] => {
    const host = placeOf(need, inputs)
    if (!host) return []
    inputs.table.add(host, need.realm)
    const { realm, account } = need.realm
    inputs.homes.add(account, host)
    const { reason } = need
    return [{ action: 'load', realm, account, machine: host.machine.id, reason, why: whyLoad(need, host) }]
  })
}

function placeOf(need: Need, inputs: LoadInputs): Host | null {
  const { table, growth, homes, options } = inputs
  const { realm, reason, from } = need
  const isBack = reason === 'come-back'
  const belowRank = isBack && from ? from.pool.rank : Number.POSITIVE_INFINITY
  const found = chooseHost(realm, {
    ...{ ranks: table.ranks, belowRank },
    homes: reason === 'busy' ? null : homes.of(realm.account),
    upTo: isBack ? options.backShare : options.fillShare,
  })
  if (found) return found
  const isComing = growth.makeRoom(realm, belowRank)
  // One that still answers where it is can wait for a machine that is coming.
  if (!MUST.has(reason) || (isComing && reason !== 'asked-for')) {
    if (!isComing && !isBack) tell(need, inputs)
    return null
  }
  const crowded = emptiestAllowed(realm, table)
  if (!crowded && !isComing) tell(need, inputs)
  return crowded
}

function emptiestAllowed(realm: RealmState, table: HostTable): Host | null {
  const holds = (host: Host) => realm.loads.some(({ machine }) => machine === host.machine.id)
  let best: Host | null = null
  for (const hosts of table.pools) {
    const host = mayRunIn(realm, hosts.pool) ? hosts.heap.emptiest(holds) : null
    if (host && (!best || host.share < best.share)) best = host
  }
  return best
}

function tell({ realm, reason }: Need, { problems, table }: LoadInputs): void {
  if (problems.length >= MAX_PROBLEMS) return
  const allowed = table.pools.filter(({ pool }) => mayRunIn(realm, pool)).map(({ pool }) => pool.name)
  const where = allowed.length > 0 ? `no room in ${allowed.join(', ')}` : 'no pool is what it asks for'
  problems.push({ about: realm.realm, why: `realm ${realm.realm} (${reason}) has no place: ${where}` })
}

/** Cells that realms can do without. Of one that is calm, the cell on a full machine, then in the least preferred pool. */
export function planUnloads(
  { surplus, calm }: RealmNeeds,
  table: HostTable,
  { maxUnloads, fillShare }: PlanOptions,
): PlanAction[] {
  const all: Surplus[] = surplus.slice(0, maxUnloads)
  for (const realm of calm.slice(0, maxUnloads - all.length)) {
    const host = worstOf(realm, table, fillShare)
    if (host) all.push({ realm, host, reason: 'calm' })
  }
  return all.map(({ realm, host, reason }) => ({
    ...{ action: 'unload', realm: realm.realm, account: realm.account, machine: host.machine.id },
    ...{ reason, why: WHY_UNLOAD[reason] },
  }))
}

function worstOf(realm: RealmState, table: HostTable, fillShare: number): Host | null {
  let worst: Host | null = null
  for (const { machine } of realm.loads) {
    const host = table.get(machine)
    if (host?.machine.state !== 'ready' || !mayRunIn(realm, host.pool.pool)) continue
    if (!worst || isWorse(host, worst, realm, fillShare)) worst = host
  }
  return worst
}

/** Full is judged by what each would have to do with one cell less: else a machine that just gave a realm away would get it back. */
function isWorse(host: Host, than: Host, realm: RealmState, fillShare: number): boolean {
  const isFull = shareWithFewer(host, realm) > fillShare
  if (isFull !== shareWithFewer(than, realm) > fillShare) return isFull
  return host.pool.rank === than.pool.rank ? host.share > than.share : host.pool.rank > than.pool.rank
}

const WHY_UNLOAD: Record<UnloadReason, string> = {
  leaving: 'its machine is about to go',
  'not-allowed': 'it may not run in that pool any more',
  'below-floor': 'its account is not trusted, and the border there is below the floor of the operator',
  calm: 'its requests hardly wait: fewer cells will do',
}

function whyLoad({ reason, realm, from }: Need, host: Host): string {
  const there = from ? from.machine.id : 'where it was'
  switch (reason) {
    case 'asked-for':
      return 'somebody asks for it and no cell has it'
    case 'leaving':
      return `${there} is about to go: ${from?.machine.reason ?? 'it is to be emptied'}`
    case 'below-floor':
      return `its account is not trusted, and the border of ${there} is below the floor of the operator`
    case 'not-allowed':
      return `it may not run in the pool of ${there} any more`
    case 'busy':
      return `its requests wait ${Math.round(realm.waitMs)} ms: one cell more`
    case 'full':
      return `${there} is full`
    case 'come-back':
      return `there is room again in pool ${host.pool.pool.name}, where it would rather be`
  }
}
