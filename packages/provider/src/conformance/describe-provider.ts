import assert from 'node:assert/strict'
import { afterAll, describe, it } from '@jest/globals'
import type { MachineProvider } from '../contract.ts'
import { endCases } from './end-cases.ts'
import { hardCases } from './hard-cases.ts'
import type { CaseContext, ConformanceCase, ProviderHarness } from './harness.ts'
import { launchCases } from './launch-cases.ts'
import { lookCases } from './look-cases.ts'

/** Every requirement of the machine contract, as data. */
export const providerCases: readonly ConformanceCase[] = [
  ...launchCases,
  ...lookCases,
  ...endCases,
  ...hardCases,
]

export interface KitOptions {
  harness: ProviderHarness
  /** `group: name` of cases that cannot hold here, to the reason, which is printed. An unknown name fails. */
  skip?: Readonly<Record<string, string>>
}

const titleOf = ({ group, name }: ConformanceCase) => `${group}: ${name}`

/** The conformance kit of the machine contract: one test a requirement, and in the end that nothing is left behind. */
export function describeProvider(name: string, { harness, skip = {} }: KitOptions): void {
  describe(`${name} keeps the machine contract`, () => {
    const known = new Set(providerCases.map(titleOf))
    it('skips nothing that there is not', () => {
      assert.deepEqual(
        Object.keys(skip).filter((title) => !known.has(title)),
        [],
      )
    })
    for (const [index, one] of providerCases.entries()) {
      const title = titleOf(one)
      if (skip[title] === undefined) it(title, () => runCase(harness, one, `case-${index}`))
      else it.skip(`${title} (${skip[title]})`, () => undefined)
    }
    it('nothing left: all that the cases made is gone', async () => {
      assert.deepEqual(await harness.leftovers(), [])
    })
    afterAll(() => harness.close())
  })
}

/** Runs one case with owners of its own, and removes whatever it made. */
export async function runCase(harness: ProviderHarness, one: ConformanceCase, owner: string): Promise<void> {
  const opened: MachineProvider[] = []
  const open = async (whose: string) => {
    const provider = await harness.open(whose)
    opened.push(provider)
    return provider
  }
  const strangers = `${owner}-stranger`
  const context: CaseContext = {
    harness,
    provider: await open(owner),
    stranger: await open(strangers),
    reopen: () => open(owner),
  }
  try {
    await one.run(context)
  } finally {
    for (const whose of [owner, strangers]) {
      const sweeper = await open(whose)
      for (const { id } of await sweeper.list()) await sweeper.destroy(id)
    }
    for (const provider of opened) await provider.close()
  }
}
