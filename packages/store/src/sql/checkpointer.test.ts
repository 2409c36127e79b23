import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import Database from 'better-sqlite3'
import { Checkpointer, type CheckpointerOptions } from './checkpointer.ts'

/** Beyond the mark from which on the log is copied. */
const BUSY_FRAMES = 18_000
let directory: string
let connection: Database.Database
let filename: string
/** As writers were told; they write only while it is false. */
let isHeld: boolean
let holds: number

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zimki-checkpoint-'))
  filename = join(directory, 'x.db')
  isHeld = false
  holds = 0
  connection = new Database(filename)
  connection.pragma('journal_mode = WAL')
  // What is tested is the log, not how long the disk takes for each commit.
  connection.pragma('synchronous = OFF')
  connection.exec('create table t (id integer primary key, text text)')
})
afterEach(async () => {
  connection.close()
  await rm(directory, { recursive: true })
})

const open = (change: Partial<CheckpointerOptions> = {}): Checkpointer =>
  new Checkpointer({
    ...{ filename, connection, syncDatabase: async () => undefined },
    hold: (held) => {
      isHeld = held
      if (held) holds += 1
    },
    ...change,
  })

/** Writes until `done`, a commit in each turn. */
async function writeUntil(checkpointer: Checkpointer, done: (commits: number) => boolean): Promise<number> {
  const insert = connection.prepare('insert into t (text) values (?)')
  const text = 'x'.repeat(100_000)
  for (let commits = 1; ; commits++) {
    while (isHeld) await nextTurn()
    insert.run(text)
    checkpointer.committed()
    if (done(commits)) return commits
    // As fast as memory takes it, it would fill the log faster than any disk takes it away.
    await (framesInLog() < BUSY_FRAMES ? nextTurn() : delay(2))
  }
}

const framesInLog = (): number => (connection.pragma('wal_checkpoint(NOOP)') as { log: number }[])[0]!.log

it('begins the log anew again and again while writing goes on', async () => {
  const checkpointer = open()
  let before = 0
  let restarts = 0
  const commits = await writeUntil(checkpointer, () => {
    const frames = framesInLog()
    if (frames < before) restarts += 1
    before = frames
    // One that wrote nothing while the log was copied finds it empty, and begins it anew before anybody was held.
    return restarts >= 2 && holds >= 2
  })
  await checkpointer.close()
  expect([isHeld, holds]).toEqual([false, 2])
  expect((await stat(filename)).size).toBeGreaterThan(16_000 * 4_096)
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(connection.prepare('select count(*) as n from t').get()).toEqual({ n: commits })
}, 120_000)

const autocheckpoint = (): unknown => connection.pragma('wal_autocheckpoint', { simple: true })

it('holds no writer for ever when a sync fails while they wait', async () => {
  const failing = open({
    syncDatabase: async () => {
      if (isHeld) throw new Error('the disk is gone')
    },
  })
  await writeUntil(failing, () => autocheckpoint() !== 0)
  expect([isHeld, holds]).toEqual([false, 1])
  await failing.close()
  connection.prepare('insert into t (text) values (?)').run('after')
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok')
}, 120_000)

it('leaves it to SQLite when its thread cannot start', async () => {
  const elsewhere = open({ filename: join(directory, 'missing', 'x.db') })
  expect(autocheckpoint()).toBe(0)
  await writeUntil(elsewhere, () => autocheckpoint() !== 0)
  await elsewhere.close()
  expect(autocheckpoint()).toBe(4_000)
}, 120_000)
