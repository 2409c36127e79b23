import { afterAll, beforeAll } from '@jest/globals'
import { PostgresServer } from '@openzimki/store/testing'
import { openDatabase } from './database/open-database.ts'
import { testState } from './testing/test-state.ts'

/** Tests of control that say most about its database, with PostgreSQL in place of SQLite. */
let server: PostgresServer

beforeAll(async () => {
  server = await PostgresServer.start()
  // Copies of a database that has the tables are made more quickly than tables.
  const location = await server.createDatabase()
  for (const schema of ['control', 'logs'] as const) {
    await (await openDatabase({ location, schema, synchronous: 'FULL' })).destroy()
  }
  testState.make = () => server.createDatabase(`template ${new URL(location).pathname.slice(1)}`)
})
afterAll(() => server.stop())

await import('./audit.test.ts')
await import('./deployments.test.ts')
await import('./logs.test.ts')
await import('./machines/agent-join.test.ts')
await import('./machines/fleet-keeper.test.ts')
await import('./metering/counted-windows.test.ts')
await import('./realms.test.ts')
await import('./usage.test.ts')
