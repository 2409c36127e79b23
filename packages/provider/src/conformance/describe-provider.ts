import assert from 'node:assert/strict'
import { afterAll, describe, it } from '@jest/globals'
import type { ProviderHarness } from './harness.ts'
import { providerCases, titleOf } from './provider-cases.ts'
import { runCase } from './run-case.ts'

export interface KitOptions {
  harness: ProviderHarness
  /** `group: name` of cases that cannot hold here, to the reason, which is printed. An unknown name fails. */
  skip?: Readonly<Record<string, string>>
}

/** The conformance kit of the machine contract: one Jest test a requirement. */
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
    afterAll(() => harness.close())
  })
}
