import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PlatformError } from '../../../packages/core/src/errors.ts'
import {
  ACCOUNT_FLAGS,
  accountOptions,
  readFlags,
} from '../../../providers/aws-ec2/src/testing/account/account-options.ts'
import { type AccountRun, runInAccount } from '../../../providers/aws-ec2/src/testing/account/account-run.ts'
import type { Step } from '../../../providers/aws-ec2/src/testing/account/budget.ts'
import { MORE } from '../cloud.ts'
import { runScenario } from '../scenario.ts'
import { accountCloud } from './account-cloud.ts'
import { openDoor } from './budget-door.ts'

export interface AccountE2eOptions {
  args: readonly string[]
  signal: AbortSignal
  say(line: string): void
}

const MACHINES = 4
/** Of the first platform, with a single machine. */
const FIRST_MINUTES = 5

/** The scenario on AWS. Gives what was not as promised. */
export function runOnAccount({ args, signal, say }: AccountE2eOptions): Promise<string[]> {
  const { values } = readFlags(args, { 'agents-address': { type: 'string' }, ...ACCOUNT_FLAGS })
  const agentsAddress = values['agents-address']
  if (!agentsAddress)
    throw new PlatformError(
      'INVALID_ARGUMENT',
      '--agents-address: where do machines reach this computer? A name or address, and a port that is open to them: HOST:PORT',
    )
  const options = accountOptions({ minutes: '30', ...values })
  return runInAccount({
    ...{
      name: `zimki-test-${randomBytes(4).toString('hex')}`,
      options,
      plan: planOf(options.minutes),
      signal,
      say,
    },
    work: (run) => work(run, String(agentsAddress)),
  })
}

const planOf = (minutes: number): Step[] => [
  { name: 'a first machine, and what its pool may have', machines: 1 + MORE, minutes: FIRST_MINUTES },
  { name: 'a platform, and what its pool may have', machines: MACHINES + MORE, minutes },
  { name: 'those that are killed', machines: MACHINES / 2, minutes },
]

async function work(run: AccountRun, agentsAddress: string): Promise<string[]> {
  const { budget, giveUp, signal, say } = run
  const folder = await mkdtemp(join(tmpdir(), 'zimki-aws-'))
  const door = await openDoor({
    reserve: (key, count) => {
      try {
        budget.reserve(key, count)
      } catch (thrown) {
        giveUp((thrown as Error).message)
        throw thrown
      }
    },
    made: (key, instances) => budget.made(key, instances),
    notMade: (key) => budget.notMade(key),
  })
  const { url, token } = door
  const cloud = accountCloud(run, { folder, agentsAddress, door: { url, token } })
  try {
    return await runScenario(cloud, { machines: MACHINES, say, signal })
  } finally {
    door.close()
    await rm(folder, { recursive: true, force: true })
  }
}
