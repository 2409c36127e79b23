import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { type ProviderHarness, providerCases, runCase } from '@openzimki/provider/kit'
import { startSimulator } from '../simulator/index.ts'
import { simulatorHarness } from './testing/simulator-harness.ts'

/** What needs a machine with a disk and a console; `npm run kit:ec2 -- real` runs them all. */
const NAMES = [
  'is a machine that is installed and does not run',
  'is started once, however often and by however many that is asked',
  'that was started and ended stays ended',
  'is found and started after a restart of the platform',
]
const cases = providerCases.filter(({ group, name }) => group === 'prepared' && NAMES.includes(name))

describe('prepared machines as instances that really stop and start', () => {
  let harness: ProviderHarness

  beforeAll(async () => {
    harness = await simulatorHarness(await startSimulator({ instances: 'real' }), true)
  }, 30_000)
  afterAll(() => harness?.close())

  it.each(cases.map((one, index) => [one.name, one, index] as const))(
    '%s',
    async (_, one, index) => {
      await runCase(harness, one, `prepared-${index}`)
    },
    120_000,
  )
})
