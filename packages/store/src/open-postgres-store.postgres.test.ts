import { afterAll, beforeAll } from '@jest/globals'
import { describeObjectStore } from './conformance/describe-object-store.ts'
import { openPostgresStore, STORE_SCHEMA } from './open-postgres-store.ts'
import { emptySchema } from './testing/empty-schema.ts'
import { PostgresServer } from './testing/postgres-server.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await PostgresServer.start()
})
afterAll(() => server.stop())

describeObjectStore('postgresql', {
  async open(clock) {
    const url = server.url()
    let store = await openPostgresStore({ url, clock })
    return {
      objects: store.objects,
      async reopen() {
        await store.close()
        store = await openPostgresStore({ url, clock })
        return store.objects
      },
      async dispose() {
        await store.close()
        await emptySchema(url, STORE_SCHEMA)
      },
    }
  },
})
