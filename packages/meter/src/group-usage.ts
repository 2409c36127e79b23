import type { UsageAmounts, UsageLabels } from '@openzimki/core'
import { addAmounts, zeroAmounts } from './usage-amounts.ts'

/** A sum of rows that agree in the labels `L`. */
export type UsageGroup<L extends keyof UsageLabels> = Pick<UsageLabels, L> & UsageAmounts

/**
 * Adds rows up by the labels named, in order of first appearance. Whole amounts give exact sums, so groupings by
 * function, by realm and by account of the same rows add up to the same totals.
 */
export function groupUsage<L extends keyof UsageLabels>(
  rows: Iterable<Pick<UsageLabels, L> & UsageAmounts>,
  labels: readonly L[],
): UsageGroup<L>[] {
  const groups = new Map<string, UsageGroup<L>>()
  for (const row of rows) {
    const key = JSON.stringify(labels.map((label) => row[label]))
    let group = groups.get(key)
    if (!group) {
      const named: Partial<UsageLabels> = Object.fromEntries(labels.map((label) => [label, row[label]]))
      group = { ...(named as Pick<UsageLabels, L>), ...zeroAmounts() }
      groups.set(key, group)
    }
    addAmounts(group, row)
  }
  return [...groups.values()]
}

/** All rows in one. */
export function totalUsage(rows: Iterable<UsageAmounts>): UsageAmounts {
  const total = zeroAmounts()
  for (const row of rows) addAmounts(total, row)
  return total
}
