import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  type ConformanceCase,
  type ProviderHarness,
  providerCases,
  runCase,
  titleOf,
} from '@openzimki/provider/kit'

export interface AtOnceOptions {
  /** Made before the first case. */
  harness(): Promise<ProviderHarness>
  /** What the infrastructure has of these owners. */
  leftoversOf(owners: readonly string[]): Promise<string[]>
  /** Cases that run together. */
  atOnce: number
}

/** An engine that starts, takes an image in and ends, on a busy host. */
const INFRASTRUCTURE_MS = 120_000

/** The whole kit, several cases at a time: each has owners of its own, and an engine mostly waits. */
export function describeProviderAtOnce(name: string, { harness, leftoversOf, atOnce }: AtOnceOptions): void {
  describe(`${name} keeps the machine contract`, () => {
    const outcomes = providerCases.map(() => Promise.withResolvers<unknown>())
    let whole: ProviderHarness

    beforeAll(async () => {
      whole = await harness()
      const left = [...providerCases.entries()]
      const work = async (): Promise<void> => {
        for (let next = left.shift(); next; next = left.shift()) {
          const [index, one] = next
          outcomes[index]?.resolve(
            await failureOf(ownHarness(whole, leftoversOf, `case-${index}`), one, `case-${index}`),
          )
        }
      }
      for (let worker = 0; worker < atOnce; worker += 1) void work()
    }, INFRASTRUCTURE_MS)

    for (const [index, one] of providerCases.entries()) {
      it(titleOf(one), async () => {
        const failure = await outcomes[index]?.promise
        if (failure !== null) throw failure
      }, 120_000)
    }

    it('leaves nothing behind', async () => {
      expect(await whole.leftovers()).toEqual([])
    })

    afterAll(() => whole?.close(), INFRASTRUCTURE_MS)
  })
}

async function failureOf(harness: ProviderHarness, one: ConformanceCase, owner: string): Promise<unknown> {
  try {
    await runCase(harness, one, owner)
    return null
  } catch (thrown) {
    return thrown ?? new Error('it failed without a word')
  }
}

/** Sees of the infrastructure what belongs to one case alone. */
function ownHarness(
  harness: ProviderHarness,
  leftoversOf: AtOnceOptions['leftoversOf'],
  owner: string,
): ProviderHarness {
  return { ...harness, leftovers: () => leftoversOf([owner, `${owner}-stranger`]) }
}
