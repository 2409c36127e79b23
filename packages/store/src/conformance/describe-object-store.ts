import { afterEach, beforeEach, describe } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import { batchCases } from './batch-cases.ts'
import { clauseCases } from './clause-cases.ts'
import { expiryCases } from './expiry-cases.ts'
import { Fixture, type ObjectStoreHarness } from './fixture.ts'
import { hostileCases } from './hostile-cases.ts'
import { journalCases } from './journal-cases.ts'
import { lastingCases } from './lasting-cases.ts'
import { orderCases } from './order-cases.ts'
import { realmCases } from './realm-cases.ts'

/** Noon of a day in 2026, so that dates in failures can be read. */
const NOON_MS = Date.UTC(2026, 0, 15, 12)

/** The suite that every object store passes: `describeObjectStore('sqlite', { open: ... })` in a test file of the driver. */
export function describeObjectStore(name: string, harness: ObjectStoreHarness): void {
  describe(`object store: ${name}`, () => {
    let fixture: Fixture
    beforeEach(async () => {
      const clock = new ManualClock(NOON_MS)
      fixture = new Fixture(await harness.open(clock), clock)
    })
    afterEach(() => fixture.opened.dispose())
    const given = (): Fixture => fixture
    batchCases(given)
    clauseCases(given)
    orderCases(given)
    expiryCases(given)
    journalCases(given)
    realmCases(given)
    hostileCases(given)
    lastingCases(given)
  })
}
