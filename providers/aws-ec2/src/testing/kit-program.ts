import { randomBytes } from 'node:crypto'
import {
  type ConformanceCase,
  type KitReport,
  type ProviderHarness,
  providerCases,
  runKit,
  titleOf,
} from '@openzimki/provider/kit'
import { startSimulator } from '../../simulator/index.ts'
import { ACCOUNT_FLAGS, accountOptions, readFlags } from './account/account-options.ts'
import { ACCOUNT_CASE_MS, kitOnAccount } from './kit-on-account.ts'
import { motoHarness } from './moto-harness.ts'
import { startMoto } from './moto-server.ts'
import { simulatorHarness } from './simulator-harness.ts'

// The whole kit on a cloud that is none, or in an account of AWS: `npm run kit:ec2 -- moto|bodiless|real|aws [--only launch,stop]`. It takes
// minutes, so it is a command of its own and not a test. What `aws` takes more stands in docs/how-to/test-against-aws.md.

/** Where nothing runs that could use a grace, AWS's own time for a stop is what there is of it. */
const STOPPING_MS = 500
const NOT_ASKED = 'not asked for'

const CLOUDS: Record<string, () => Promise<ProviderHarness>> = {
  moto: async () => {
    const moto = startMoto()
    return motoHarness(() => moto)
  },
  bodiless: async () => simulatorHarness(await startSimulator({ times: { stoppingMs: STOPPING_MS } }), false),
  real: async () => simulatorHarness(await startSimulator({ instances: 'real' }), true),
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const end = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => end.abort())

async function run(
  harness: ProviderHarness,
  cases: readonly ConformanceCase[],
  more: { signal: AbortSignal; caseTimeoutMs?: number; owners?: string },
): Promise<KitReport> {
  const left = providerCases.filter((one) => !cases.includes(one))
  const report = await runKit({
    ...{ harness, ...more, skip: Object.fromEntries(left.map((one) => [titleOf(one), NOT_ASKED])) },
    onResult: ({ outcome, group, name, ms, message }) => {
      if (message === NOT_ASKED) return
      say(`${outcome} ${group}: ${name} (${ms} ms)${message === null ? '' : `\n  ${message}`}`)
    },
  })
  const skipped = report.skipped - left.length
  say(`# ${report.passed} passed, ${report.failed} failed, ${skipped} skipped`)
  return { ...report, skipped }
}

async function main(): Promise<boolean> {
  const flags = { only: { type: 'string' }, ...ACCOUNT_FLAGS } as const
  const { positionals, values } = readFlags(process.argv.slice(2), flags)
  const only = values.only === undefined ? null : String(values.only).split(',')
  const cases = providerCases.filter(({ group }) => only === null || only.includes(group))
  if (cases.length === 0) throw new Error(`there is no group ${values.only}`)
  const [name = 'moto'] = positionals
  if (name === 'aws') {
    const complaints = await kitOnAccount({
      ...{ options: accountOptions(values), cases, signal: end.signal, say },
      // AWS remembers which launches an owner of before made.
      run: (harness, signal) =>
        run(harness, cases, {
          signal,
          caseTimeoutMs: ACCOUNT_CASE_MS,
          owners: `k${randomBytes(6).toString('hex')}`,
        }),
    })
    for (const complaint of complaints) say(`WRONG: ${complaint}`)
    return complaints.length === 0
  }
  const open = CLOUDS[name]
  if (!open) throw new Error(`there is no cloud ${name}; there are aws, ${Object.keys(CLOUDS).join(', ')}`)
  const harness = await open()
  const { failed, skipped } = await run(harness, cases, { signal: end.signal })
  await harness.close()
  return failed + skipped === 0
}

try {
  process.exitCode = (await main()) ? 0 : 1
} catch (thrown) {
  say(`FAILED: ${(thrown as Error).message}`)
  process.exitCode = 1
}
// What the harness has closed may still have connections that nobody waits for.
process.exit()
