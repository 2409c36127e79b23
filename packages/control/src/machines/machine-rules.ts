import { PlatformError } from '@openzimki/core'
import { type Isolation, isBehind, mayRunIn } from '@openzimki/placement'
import { floorRefusal } from '../account-policy.ts'
import type { PlaceRule } from '../routing/runs-in.ts'
import type { Agent } from './agent-hub.ts'

/** What of a pool decides who may run in it; in order of preference. */
export interface PoolBorder {
  name: string
  /** Pools of one group are preferred alike; null: it stands alone. */
  group: string | null
  isolation: Isolation
}

/** Above this share of its memory or cores a machine is taken only when there is no other. */
const FILL_SHARE = 0.8

/** Of machines that somebody else starts the least is believed. */
const UNKNOWN_POOL: PoolBorder = { name: '', group: null, isolation: 'process' }

/** Which machines realms may run on. Without pools somebody else starts machines, and any will do above no floor. */
export class MachineRules {
  readonly pools: readonly PoolBorder[]
  /** Null: whose realm it is, is not known. */
  readonly ruleOf: (realm: string, account: string | null) => PlaceRule

  constructor(pools: readonly PoolBorder[], ruleOf: (realm: string, account: string | null) => PlaceRule) {
    this.pools = pools
    this.ruleOf = ruleOf
  }

  /** NO_CAPACITY when no pool is what the rule asks for, whatever machines there will be. */
  requirePossible(rule: PlaceRule): void {
    const borders = this.pools.length > 0 ? this.pools : [UNKNOWN_POOL]
    if (rule.floor !== null && !borders.some((pool) => isBehind(rule.floor, pool)))
      throw new PlatformError('NO_CAPACITY', floorRefusal(rule.floor))
    if (this.pools.length === 0 || this.pools.some((pool) => mayRunIn(rule, pool))) return
    const asked = [rule.pool && `pool ${rule.pool}`, rule.isolation && `isolation ${rule.isolation}`]
    if (rule.floor) asked.push(`isolation ${rule.floor}, since its account is not marked trusted`)
    throw new PlatformError(
      'NO_CAPACITY',
      `This platform has no pool of machines that the realm may run in: it asks for ${asked.filter(Boolean).join(' and ')}. ` +
        'Change where it runs with `zimki realms place`, or ask the operator',
    )
  }

  /** NO_CAPACITY: whoever chose the machine did not know what is so now. */
  requireAllowed(agent: Agent, rule: PlaceRule): void {
    if (rankOf(agent, rule, this.pools) !== null) return
    throw new PlatformError(
      'NO_CAPACITY',
      `The realm may not run on machine ${agent.machine} any more; another one is looked for`,
    )
  }
}

/**
 * Where a realm is loaded now: where there is room, in the most preferred pool that it may run in, beside the other realms of its cordon,
 * on the machine that is least full. Null: none of these machines is one that it may run on.
 */
export function chooseMachine(
  agents: readonly Agent[],
  rule: PlaceRule,
  pools: readonly PoolBorder[],
  isHome: (agent: Agent) => boolean,
): Agent | null {
  let best: { agent: Agent; marks: number[] } | null = null
  for (const agent of agents) {
    const rank = rankOf(agent, rule, pools)
    if (rank === null) continue
    const share = Math.max(agent.usedBytes / agent.memoryBytes, agent.usedCpus / agent.cpus)
    const marks = [share < FILL_SHARE ? 0 : 1, rank, isHome(agent) ? 0 : 1, share]
    if (!best || isBefore(marks, best.marks)) best = { agent, marks }
  }
  return best?.agent ?? null
}

/** Null: it may not run there. */
function rankOf(agent: Agent, rule: PlaceRule, pools: readonly PoolBorder[]): number | null {
  if (pools.length === 0) return isBehind(rule.floor, UNKNOWN_POOL) ? 0 : null
  const pool = agent.pool === null ? pools[0] : pools.find(({ name }) => name === agent.pool)
  if (!pool || !mayRunIn(rule, pool)) return null
  return pools.findIndex((one) => one === pool || (pool.group !== null && one.group === pool.group))
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const index = a.findIndex((mark, at) => mark !== b[at])
  return index >= 0 && a[index]! < b[index]!
}
