import { type LoadEntry, loadKey } from './load-table.ts'
import type { Vitals } from './vitals.ts'

/** Keys (loadKey) of deployments: those who did it, or, not `known`, those among whom the one is. */
export interface Blame {
  keys: string[]
  known: boolean
}

export interface SuspectFacts {
  vitals: Vitals
  /** All that was put into the cell. */
  deployments: readonly Pick<LoadEntry, 'load' | 'isLoading'>[]
}

/**
 * Whoever may have done it, when the process as a whole went wrong: those being loaded, those with requests at the last sign of
 * life, those not heard of yet; if none, all. Certain only of one that was alone: another's request may have come since.
 */
export function suspects({ deployments, vitals }: SuspectFacts): Blame {
  const reports = new Map(vitals.isolates.map((isolate) => [loadKey(isolate), isolate]))
  const all = deployments.map((entry) => ({ key: loadKey(entry.load), isLoading: entry.isLoading }))
  const busy = all.filter(({ key, isLoading }) => isLoading || (reports.get(key)?.active ?? 1) > 0)
  const keys = (busy.length > 0 ? busy : all).map(({ key }) => key)
  return { keys, known: all.length === 1 }
}
