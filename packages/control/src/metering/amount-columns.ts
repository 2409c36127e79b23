import type { UsageAmounts } from '@openzimki/core'
import { AMOUNT_NAMES } from '@openzimki/meter'

/** `cpuNs` in a program is `cpu_ns` in a table. */
export const AMOUNT_COLUMNS: readonly { amount: keyof UsageAmounts; column: string }[] = AMOUNT_NAMES.map(
  (amount) => ({
    amount,
    column: amount.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  }),
)

/** Amounts as columns of a row. */
export const toColumns = (amounts: UsageAmounts): Record<string, number> =>
  Object.fromEntries(AMOUNT_COLUMNS.map(({ amount, column }) => [column, amounts[amount]]))

/** The inverse; a sum over no rows is null in SQL and 0 here. */
export const fromColumns = (row: Record<string, unknown>): UsageAmounts =>
  Object.fromEntries(
    AMOUNT_COLUMNS.map(({ amount, column }) => [amount, Number(row[column] ?? 0)]),
  ) as unknown as UsageAmounts
