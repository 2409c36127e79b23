import { seededRandom } from '@openzimki/provider/simulated'
import { createEc2Provider } from '@openzimki/provider-aws-ec2'
import {
  type FaultInput,
  IMAGE_IDS,
  type Simulator,
  startSimulator,
} from '@openzimki/provider-aws-ec2/simulator'
import { leftOf, plainEc2Client } from '../../providers/aws-ec2/src/testing/left-of.ts'
import type { LaunchesReport } from './launches-report.ts'
import { leadLives, sumUp, sweep } from './lead-lives.ts'
import type { LaunchesOptions } from './run-launches.ts'

const OWNER = 'chaos'
/** Of the calls, for each way in which they fail. */
const SHARE = 0.06
/** The SDK slows itself down after each of these, as it should; more would make it wait and do nothing else. */
const THROTTLED_SHARE = 0.02
/** Mostly they wait for calls to be repeated. */
const AT_ONCE = 16
const DEADLINE_MS = 10_000

/** What happens to any call, and what to launches alone. */
const FAULTS: FaultInput[] = [
  { kind: 'error', code: 'RequestLimitExceeded', status: 503, share: THROTTLED_SHARE },
  { kind: 'error', code: 'InternalError', status: 500, share: SHARE },
  { kind: 'lost-request', share: SHARE },
  { kind: 'lost-response', share: SHARE },
  { kind: 'slow-consistency', action: 'RunInstances', looks: 3, share: 0.2 },
  { kind: 'no-capacity', share: 0.2 },
  { kind: 'boot-failure', how: 'ends', share: SHARE },
]

/** Launches instances on a simulated EC2 of which every fifth call fails, and looks at what is left of them. */
export async function runEc2Launches(options: LaunchesOptions): Promise<LaunchesReport> {
  const simulator = await startSimulator({ seed: options.seed })
  try {
    return await Promise.race([launchAll(simulator, options), options.interrupted])
  } finally {
    await simulator.close()
  }
}

async function launchAll(
  simulator: Simulator,
  { count, seed, say }: LaunchesOptions,
): Promise<LaunchesReport> {
  const { region, endpoint, credentials, control } = simulator
  const provider = createEc2Provider(
    {
      ...{ owner: OWNER, region, endpoint, credentials: { ...credentials }, image: IMAGE_IDS.x86_64 },
      sizes: { small: { types: ['t3.micro', 't3.small'] }, spot: { types: ['t3.micro'], market: 'spot' } },
      ...{ command: ['/bin/true'], console: false, refreshMs: 0, maxMachines: 1_000 },
    },
    { deadlineMs: DEADLINE_MS },
  )
  const random = seededRandom(seed)
  const startMs = performance.now()
  try {
    for (const fault of FAULTS) control.addFault(fault)
    const cycles = await leadLives({
      ...{ count, atOnce: AT_ONCE, say, provider, random },
      specOf: (id) => ({ id, size: random() < 0.5 ? 'small' : 'spot', zone: null, env: { ID: id } }),
    })
    control.clearFaults()
    const strays = await sweep(provider, say)
    const seconds = Math.round((performance.now() - startMs) / 1000)
    return {
      ...{ where: 'a simulated EC2', count, seed, seconds, strays },
      ...{ faults: control.faultsMet, missing: [], ...sumUp(cycles) },
      leftovers: await leftOf(plainEc2Client(simulator)),
    }
  } finally {
    await provider.close()
  }
}
