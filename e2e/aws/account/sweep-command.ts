import { PlatformError } from '../../../packages/core/src/errors.ts'
import { openClients } from '../../../providers/aws-ec2/src/setup/setup-clients.ts'
import { checkSetup } from '../../../providers/aws-ec2/src/setup/setup-config.ts'
import { accountRegion, readFlags } from '../../../providers/aws-ec2/src/testing/account/account-options.ts'
import { countLine, findLeft, findRuns } from '../../../providers/aws-ec2/src/testing/account/find-run.ts'
import { requireCredentials } from '../../../providers/aws-ec2/src/testing/account/require-credentials.ts'
import { sweepRun } from '../../../providers/aws-ec2/src/testing/account/sweep-run.ts'
import type { AccountE2eOptions } from './run-on-account.ts'

const FLAGS = { region: { type: 'string' }, run: { type: 'string' }, all: { type: 'boolean' } } as const
const PAUSE_MS = 2_000

/** `sweep [--region REGION] [--run NAME | --all]`: lists runs of which something is left, and removes one or all. Gives what is left. */
export async function sweepCommand({ args, signal, say }: AccountE2eOptions): Promise<string[]> {
  const { values } = readFlags(args, FLAGS)
  const region = accountRegion(values)
  const base = checkSetup({}, 'sweep', region)
  const clients = openClients(base)
  try {
    await requireCredentials(clients.ec2)
    const runs = values.run === undefined ? await findRuns(clients, region) : [String(values.run)]
    if (runs.some((name) => !/^zimki-test-[0-9a-f]{8}$/.test(name)))
      throw new PlatformError('INVALID_ARGUMENT', '--run: runs are named like zimki-test-1a2b3c4d')
    if (runs.length === 0) say(`nothing of any run is left in ${region}`)
    const complaints: string[] = []
    for (const name of runs) {
      if (values.run === undefined && values.all !== true) {
        say(`${name}: ${countLine(await findLeft(clients, name, region))}`)
        complaints.push(
          `there is something of ${name}: remove it with --run ${name}, or all of them with --all`,
        )
      } else {
        const setup = checkSetup({}, name, region)
        complaints.push(...(await sweepRun({ ...clients, setup, print: say, signal, pauseMs: PAUSE_MS })))
      }
    }
    return complaints
  } finally {
    clients.close()
  }
}
