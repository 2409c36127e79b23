import { afterAll, beforeAll } from '@jest/globals'
import { describeObjectStore } from './conformance/describe-object-store.ts'
import { PostgresServer } from './testing/postgres-server.ts'
import { SharedPostgresStore } from './testing/shared-postgres-store.ts'

let server: PostgresServer
let shared: SharedPostgresStore

beforeAll(async () => {
  server = await PostgresServer.start()
  shared = new SharedPostgresStore(server.url())
  await shared.start()
}, 60_000)
afterAll(async () => {
  await shared.close()
  await server.stop()
})

describeObjectStore('postgresql', { open: (clock) => shared.open(clock) })
