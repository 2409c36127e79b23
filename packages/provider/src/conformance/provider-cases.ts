import { claimCases } from './claim-cases.ts'
import { endCases } from './end-cases.ts'
import { errorCases } from './error-cases.ts'
import { hardCases } from './hard-cases.ts'
import type { ConformanceCase } from './harness.ts'
import { launchCases } from './launch-cases.ts'
import { leftoverCases } from './leftover-cases.ts'
import { lookCases } from './look-cases.ts'
import { manifestCases } from './manifest-cases.ts'
import { preparedCases } from './prepared-cases.ts'
import { restartCases } from './restart-cases.ts'
import { watchCases } from './watch-cases.ts'

/** Raised when cases are added or say something else, so that a published result tells what it was held to. */
export const KIT_VERSION = '5'

/** Every requirement of the machine contract, as data. The last looks at what all the others left. */
export const providerCases: readonly ConformanceCase[] = [
  ...launchCases,
  ...lookCases,
  ...endCases,
  ...errorCases,
  ...hardCases,
  ...restartCases,
  ...watchCases,
  ...preparedCases,
  ...manifestCases,
  ...claimCases,
  ...leftoverCases,
]

export const titleOf = ({ group, name }: ConformanceCase) => `${group}: ${name}`
