import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { providerCases, runCase, titleOf } from '@openzimki/provider/kit'
import { motoHarness } from './testing/moto-harness.ts'
import { type MotoServer, startMoto } from './testing/moto-server.ts'

/** A cut through the kit, one case of each kind of thing; all of it is run by `npm run kit:ec2`, which takes minutes. */
const CASES = [
  'launch: gets it to run',
  'idempotency: refuses the id for another environment and leaves the first machine alone',
  'inspect: finds what ended by itself, and says why',
  'list: does not have the machines of another owner, even under the same id',
  'stop: ends the machine, which is still found',
  'destroy: removes the one it was asked to, and no other',
  'concurrency: makes one machine of launches by two platforms at once',
  'leftovers: are none after a launch that was cut off, and destroy',
]

let moto: MotoServer
let harness: ReturnType<typeof motoHarness>

beforeAll(async () => {
  moto = await startMoto()
  harness = motoHarness(async () => moto)
})

afterAll(() => moto.close())

describe('the EC2 provider on moto', () => {
  it.each(CASES)('keeps %s', async (title) => {
    const one = providerCases.find((some) => titleOf(some) === title)
    expect(one).toBeDefined()
    await runCase(harness, one!, `case-${CASES.indexOf(title)}`)
  })
})
