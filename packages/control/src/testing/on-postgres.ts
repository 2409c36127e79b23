import { afterAll, beforeAll } from '@jest/globals'
import { PostgresServer } from '@openzimki/store/testing'
import { openDatabase } from '../database/open-database.ts'
import { testState } from './test-state.ts'

/** In a test file, before it brings in another: that one's tests run on PostgreSQL. */
export function onPostgres(): void {
  let server: PostgresServer
  beforeAll(async () => {
    server = await PostgresServer.start()
    const location = await server.createDatabase()
    for (const schema of ['control', 'logs'] as const) {
      await (await openDatabase({ location, schema, synchronous: 'FULL' })).destroy()
    }
    // Emptied for each test, which is much quicker than another database.
    testState.make = async () => {
      await server.empty(location)
      return location
    }
  }, 60_000)
  afterAll(() => server.stop())
}
