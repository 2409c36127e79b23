import { randomBytes } from 'node:crypto'
import type { ConformanceCase, KitReport, ProviderHarness } from '@openzimki/provider/kit'
import { accountHarness } from './account/account-harness.ts'
import type { AccountOptions } from './account/account-options.ts'
import { runInAccount } from './account/account-run.ts'
import type { Step } from './account/budget.ts'

/** Few cases launch more than two machines; none runs longer than its time. */
const MACHINES_OF_CASE = 2
export const ACCOUNT_CASE_MS = 300_000

export interface KitOnAccountOptions {
  options: AccountOptions
  cases: readonly ConformanceCase[]
  signal: AbortSignal
  say(line: string): void
  run(harness: ProviderHarness, signal: AbortSignal): Promise<KitReport>
}

/** The kit on AWS, within a budget. Gives what was not as promised. */
export function kitOnAccount({ options, cases, signal, say, run }: KitOnAccountOptions): Promise<string[]> {
  return runInAccount({
    ...{ name: `zimki-test-${randomBytes(4).toString('hex')}`, options, plan: planOf(cases), signal, say },
    work: async (account) => {
      const { failed, skipped } = await run(await accountHarness(account), account.signal)
      return failed + skipped === 0 ? [] : [`of the kit ${failed} failed and ${skipped} were skipped`]
    },
  })
}

function planOf(cases: readonly ConformanceCase[]): Step[] {
  const groups = Object.groupBy(cases, ({ group }) => group)
  return Object.entries(groups).map(([group, of = []]) => ({
    ...{ name: `${of.length} cases of ${group}`, machines: of.length * MACHINES_OF_CASE },
    minutes: ACCOUNT_CASE_MS / 60_000,
  }))
}
