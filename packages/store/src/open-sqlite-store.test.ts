import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import Database from 'better-sqlite3'
import { describeObjectStore } from './conformance/describe-object-store.ts'
import { openSqliteStore } from './open-sqlite-store.ts'

describeObjectStore('sqlite, in a file', {
  async open(clock) {
    const directory = await mkdtemp(join(tmpdir(), 'zimki-store-'))
    const filename = join(directory, 'store.db')
    let store = await openSqliteStore({ filename, clock })
    return {
      objects: store.objects,
      async reopen() {
        await store.close()
        store = await openSqliteStore({ filename, clock })
        return store.objects
      },
      async dispose() {
        await store.close()
        await rm(directory, { recursive: true })
      },
    }
  },
})

describeObjectStore('sqlite, in memory', {
  async open(clock) {
    const store = await openSqliteStore({ filename: ':memory:', clock })
    return { objects: store.objects, dispose: () => store.close() }
  },
})

describe('openSqliteStore', () => {
  const clock = new ManualClock(0)
  let directory: string
  let filename: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'zimki-store-'))
    filename = join(directory, 'store.db')
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('refuses a file that a later release has changed, and says what to do', async () => {
    await (await openSqliteStore({ filename, clock })).close()
    const db = new Database(filename)
    db.exec(`insert into knex_migrations (name, batch) values ('999-later', 2)`)
    db.close()
    await expect(openSqliteStore({ filename, clock })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/newer release of OpenZimki.*999-later.*Start that release, or restore/),
    })
  })

  it('gives the file to one at a time, and to the next once it is closed', async () => {
    const first = await openSqliteStore({ filename, clock })
    await expect(openSqliteStore({ filename, clock })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('another process'),
    })
    await first.close()
    const second = await openSqliteStore({ filename, clock })
    await second.close()
  })

  it('says plainly what is wrong with a file or folder', async () => {
    await writeFile(filename, 'this is no database, and long enough to be looked at'.repeat(100))
    await expect(openSqliteStore({ filename, clock })).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('not a database'),
    })
    const nowhere = join(directory, 'missing', 'store.db')
    await expect(openSqliteStore({ filename: nowhere, clock })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })
})
