import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock, PlatformError } from '@openzimki/core'
import Database from 'better-sqlite3'
import { GroupCommit } from './group-commit.ts'
import { all, type Binding, type Command, type Row, run, type Task } from './task.ts'

let connection: Database.Database
let executed: string[]
/** Each command takes a millisecond. */
let slow: boolean
let commits: GroupCommit
/** What the next command with this text fails with. */
const clock = new ManualClock(0)
let failing: { sql: string; error: Error } | null
let sync: () => Promise<void>
let lost: PlatformError[]

function execute(command: Command): Row[] {
  executed.push(command.sql)
  if (slow) clock.advance(1)
  if (failing?.sql === command.sql) throw failing.error
  const statement = connection.prepare(command.sql)
  if (statement.reader) return statement.all(command.bindings) as Row[]
  statement.run(command.bindings)
  return []
}

beforeEach(() => {
  connection = new Database(':memory:')
  connection.exec('create table t (n integer primary key)')
  executed = []
  failing = null
  slow = false
  lost = []
  sync = async () => undefined
  commits = new GroupCommit({
    ...{ execute, clock },
    sync: () => sync(),
    onCommit: () => undefined,
    onLost: (error) => lost.push(error),
  })
})
afterEach(() => {
  connection.close()
})

function* insert(n: Binding): Task<Binding> {
  yield* run('insert into t values (?)', n)
  return n
}

const add = <T>(task: () => Task<T>, lane = 'a'): Promise<T> => commits.add(task, lane)

const rows = (): unknown[] => connection.prepare('select n from t order by n').pluck().all()

describe('GroupCommit', () => {
  it('puts the writes of a turn into one transaction', async () => {
    const done = Array.from({ length: 16 }, (_, n) => add(() => insert(n)))
    expect(await Promise.all(done)).toEqual(Array.from({ length: 16 }, (_, n) => n))
    expect(executed.filter((sql) => sql === 'commit')).toHaveLength(1)
  })

  it('shows a write what those before it in the same transaction did', async () => {
    void add(() => insert(1))
    expect(await add(() => all('select n from t'))).toEqual([{ n: 1 }])
  })

  it('undoes a task that throws, wholly and alone', async () => {
    function* broken(): Task<void> {
      yield* insert(2)
      throw new PlatformError('CONFLICT', 'no')
    }
    const outcomes = await Promise.allSettled([
      add(() => insert(1)),
      add(broken),
      add(() => insert(1)),
      add(() => insert(3)),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: { code: 'CONFLICT' } })
    // What the database says is for the log, not for a tenant.
    expect(outcomes[2]).toMatchObject({
      reason: { code: 'INTERNAL', message: expect.not.stringMatching(/unique/i) },
    })
    expect(rows()).toEqual([1, 3])
  })

  it('lets another lane in soon, however much waits in one, and refuses what is too much', async () => {
    slow = true
    const order: string[] = []
    const much = Array.from({ length: 10_000 }, (_, n) => add(() => insert(n)).then(() => order.push('a')))
    await expect(add(() => insert(1))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await add(() => insert(100_000), 'b').then(() => order.push('b'))
    expect(order.indexOf('b')).toBeLessThan(10)
    slow = false
    await Promise.all(much)
  })

  it('tells everybody when the transaction cannot begin', async () => {
    failing = { sql: 'begin immediate', error: Object.assign(new Error('busy'), { code: 'SQLITE_BUSY' }) }
    await expect(add(() => insert(1))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(rows()).toEqual([])
  })

  it('tells everybody when the commit fails, keeps nothing, and goes on afterwards', async () => {
    failing = { sql: 'commit', error: Object.assign(new Error('full'), { code: 'SQLITE_FULL' }) }
    const outcomes = await Promise.allSettled([add(() => insert(1)), add(() => insert(2))])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'UNAVAILABLE', message: expect.stringContaining('full') },
      })
    }
    expect(rows()).toEqual([])
    failing = null
    await add(() => insert(3))
    expect(rows()).toEqual([3])
  })

  it('tells nobody how theirs went before the disk has it, and goes on meanwhile', async () => {
    const onDisk = Promise.withResolvers<void>()
    sync = () => onDisk.promise
    const told: string[] = []
    function* refused(): Task<void> {
      yield* all('select n from t')
      throw new PlatformError('CONFLICT', 'no')
    }
    const outcomes = [
      add(() => insert(1)).then(() => told.push('written')),
      add(refused).catch(() => told.push('refused')),
    ]
    await nextTurn()
    const later = add(() => insert(2), 'b')
    await nextTurn()
    expect(rows()).toEqual([1, 2])
    expect(told).toEqual([])
    expect(commits.pending('a')).not.toBeNull()
    expect(commits.pending('c')).toBeNull()
    onDisk.resolve()
    await Promise.all([...outcomes, later])
    expect(told).toEqual(['written', 'refused'])
    expect(commits.pending('a')).toBeNull()
  })

  it('commits nothing while it is held, syncs and tells what was committed, and goes on after it', async () => {
    const disk = Promise.withResolvers<void>()
    sync = () => disk.promise
    const before = add(() => insert(1))
    await nextTurn()
    const scheduled = add(() => insert(2))
    commits.hold(true)
    const held = add(() => insert(3))
    for (let turn = 0; turn < 3; turn++) await nextTurn()
    expect(rows()).toEqual([1])
    disk.resolve()
    expect(await before).toBe(1)
    expect(rows()).toEqual([1])
    commits.hold(false)
    expect(await Promise.all([scheduled, held])).toEqual([2, 3])
    expect(rows()).toEqual([1, 2, 3])
  })

  it('keeps what comes while the disk stands still in its bounded queue', async () => {
    const onDisk = Promise.withResolvers<void>()
    sync = () => onDisk.promise
    const many = Array.from({ length: 10_000 }, (_, n) => add(() => insert(n)))
    for (let turn = 0; turn < 100; turn++) await nextTurn()
    expect(executed.filter((sql) => sql === 'commit')).toHaveLength(64)
    const more = Array.from({ length: 64 * 16 }, (_, n) => add(() => insert(10_000 + n)))
    await expect(add(() => insert(100_000))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    onDisk.resolve()
    await Promise.all([...many, ...more])
    expect(rows()).toHaveLength(10_000 + 64 * 16)
  })

  it('takes nothing more once the disk has not confirmed a write', async () => {
    sync = () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }))
    const many = Array.from({ length: 40 }, (_, n) => add(() => insert(n)))
    for (const outcome of await Promise.allSettled(many)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } })
    }
    sync = async () => undefined
    await expect(add(() => insert(100))).rejects.toThrow('did not confirm')
    expect(() => commits.assertKept()).toThrow('did not confirm')
    expect(lost).toHaveLength(1)
    await commits.settled()
  })

  it('bounds a transaction, and settles when all are done', async () => {
    const done: number[] = []
    for (let n = 0; n < 600; n++) void add(() => insert(n)).then(() => done.push(n))
    await commits.settled()
    await Promise.resolve()
    expect(done).toHaveLength(600)
    expect(executed.filter((sql) => sql === 'commit')).toHaveLength(Math.ceil(600 / 16))
    await commits.settled()
  })
})
