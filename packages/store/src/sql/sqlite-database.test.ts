import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { type PlatformError, systemClock } from '@openzimki/core'
import type { Database } from './database.ts'
import { openSqliteDatabase } from './sqlite-database.ts'
import { SyncedFile } from './synced-file.ts'
import { all, run, type Task } from './task.ts'

let directory: string
let database: Database
let lost: PlatformError[]

const open = () =>
  openSqliteDatabase({
    filename: join(directory, 'x.db'),
    clock: systemClock,
    onLost: (error) => lost.push(error),
  })

const doom = (id: number) => (): Task<void> =>
  run("insert into doomed (kind, target_id) values ('class', ?)", id)
const doomed = (): Task<{ target_id: number }[]> => all('select target_id from doomed')

beforeEach(async () => {
  lost = []
  directory = await mkdtemp(join(tmpdir(), 'zimki-sqlite-'))
  database = await open()
})
afterEach(async () => {
  jest.restoreAllMocks()
  await database.close()
  await rm(directory, { recursive: true })
})

describe('a SQLite database and its disk', () => {
  it('shows a reader nothing of its lane that the disk may yet lose, and holds up no other', async () => {
    const onDisk = Promise.withResolvers<void>()
    const sync = jest.spyOn(SyncedFile.prototype, 'sync').mockReturnValueOnce(onDisk.promise)
    const written = database.write('a', doom(7))
    await nextTurn()
    await nextTurn()
    expect(sync).toHaveBeenCalledTimes(1)
    const seen: string[] = []
    const own = database.read('a', doomed).then((rows) => seen.push(`own ${rows[0]?.target_id}`))
    await database.read('b', doomed).then(() => seen.push('other'))
    await nextTurn()
    expect(seen).toEqual(['other'])
    onDisk.resolve()
    await Promise.all([written, own])
    expect(seen).toEqual(['other', 'own 7'])
  })

  it('tells a reader nothing that it saw before the sync failed', async () => {
    const onDisk = Promise.withResolvers<void>()
    jest.spyOn(SyncedFile.prototype, 'sync').mockReturnValueOnce(onDisk.promise)
    const written = database.write('a', doom(7))
    await nextTurn()
    await nextTurn()
    const seen = database.read('a', doomed)
    const behind = database.write('b', doom(8))
    await nextTurn()
    onDisk.reject(new Error('EIO'))
    for (const outcome of await Promise.allSettled([written, seen, behind])) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } })
    }
  })

  it('refuses everything once a sync has failed, says so once, and works when it is opened anew', async () => {
    await database.write('a', doom(1))
    jest.spyOn(SyncedFile.prototype, 'sync').mockRejectedValueOnce(new Error('EIO'))
    await expect(database.write('a', doom(2))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(database.write('b', doom(3))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await expect(database.read('b', doomed)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(lost.map(({ message }) => message)).toEqual([expect.stringContaining('did not confirm')])
    await database.close()
    database = await open()
    // The system had not dropped it here, so it is there; nobody was told that it was.
    expect(await database.read('a', doomed)).toEqual([{ target_id: 1 }, { target_id: 2 }])
    await database.write('a', doom(4))
  })
})
