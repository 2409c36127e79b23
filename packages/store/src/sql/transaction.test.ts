import { beforeEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import Database from 'better-sqlite3'
import { all, type Command, type Row, run, type Task } from './task.ts'
import { type Entry, type LaneWork, Transaction } from './transaction.ts'
import { type Shared, sharing } from './work.ts'

let connection: Database.Database
let executed: string[]
let transaction: Transaction
let refused: string | null

function execute({ sql, bindings }: Command): Row[] {
  executed.push(sql)
  if (sql === refused) throw Object.assign(new Error('disk is full'), { code: 'SQLITE_FULL' })
  const statement = connection.prepare(sql)
  if (statement.reader) return statement.all(bindings) as Row[]
  statement.run(bindings)
  return []
}

beforeEach(() => {
  connection = new Database(':memory:')
  connection.exec('create table t (n integer primary key); create table sums (n integer)')
  executed = []
  refused = null
  transaction = new Transaction(execute)
})

/** Does these in one transaction; `value`, or the message of what was thrown, of each. */
function doAll(works: readonly LaneWork[]): unknown[] {
  const left = [...works]
  const group: Entry<LaneWork>[] = []
  transaction.run(group, () => left.shift())
  expect(group.map(({ waiting }) => waiting)).toEqual(works)
  return group.map(({ outcome }) => ('error' in outcome ? String(outcome.error) : outcome.value))
}

/** Sums what its lane inserts, and writes that at the end. */
class Sum implements Shared {
  total: number

  constructor() {
    this.total = 0
  }

  *finish(): Task<void> {
    yield* run('insert into sums values (?)', this.total)
  }
}

function* insert(n: number): Task<number> {
  yield* run('insert into t values (?)', n)
  return n
}
const plain = (n: number, lane = 'a'): LaneWork => ({ lane, work: () => insert(n) })
/** `thrown`: after it has added to the sum. */
const summed = (n: number, lane = 'a', thrown?: PlatformError): LaneWork => ({
  lane,
  work: sharing(
    () => new Sum(),
    function* (sum) {
      yield* insert(n)
      sum.total += n
      if (thrown) throw thrown
      return sum.total
    },
  ),
})
const halfway = (n: number, lane = 'a'): LaneWork => summed(n, lane, new PlatformError('CONFLICT', 'no'))
const refusing = (lane = 'a'): LaneWork => ({
  lane,
  work: sharing(
    () => new Sum(),
    function* () {
      yield* all('select n from t')
      throw new PlatformError('CONFLICT', 'no')
    },
  ),
})

const numbers = (): unknown[] => connection.prepare('select n from t order by n').pluck().all()
const sums = (): unknown[] => connection.prepare('select n from sums').pluck().all()
const times = (sql: string): number => executed.filter((one) => one === sql).length

describe('a transaction', () => {
  it('shares what a lane knows among its writes, and with no other lane', () => {
    expect(doAll([summed(1), summed(10, 'b'), summed(2), summed(20, 'b')])).toEqual([1, 10, 3, 30])
    expect(sums()).toEqual([3, 30])
    expect(times('savepoint one')).toBe(0)
  })

  it('shows a write that does not share all that those before it have put off', () => {
    const look: LaneWork = { lane: 'b', work: () => all('select n from sums') }
    expect(doAll([summed(1), look, summed(2)])).toEqual([1, [{ n: 1 }], 2])
    expect(sums()).toEqual([1, 2])
  })

  it('leaves the others alone when one is refused before it wrote', () => {
    expect(doAll([summed(1), refusing(), summed(2)])).toEqual([1, expect.stringContaining('no'), 3])
    expect(times('begin immediate')).toBe(1)
  })

  it('does not take what those before it put off for its own', () => {
    const refused: LaneWork = {
      lane: 'b',
      *work(): Task<void> {
        yield* all('select n from t')
        throw new PlatformError('CONFLICT', 'no')
      },
    }
    expect(doAll([summed(1), refused])).toEqual([1, expect.stringContaining('no')])
    expect(times('begin immediate')).toBe(1)
  })

  it('undoes one that throws halfway, with what it put off, and keeps the others', () => {
    const said = doAll([summed(1), plain(5, 'b'), halfway(2), summed(3)])
    expect(said).toEqual([1, 5, expect.stringContaining('no'), 3])
    expect(numbers()).toEqual([1, 3, 5])
    expect(sums()).toEqual([1, 3])
    expect(times('begin immediate')).toBe(2)
    expect(times('commit')).toBe(1)
  })

  it('does it anew once for a lane, which then has savepoints for a while', () => {
    doAll([halfway(1)])
    expect(times('begin immediate')).toBe(2)
    executed = []
    doAll([halfway(1), halfway(1), summed(7), summed(8, 'b')])
    expect(times('begin immediate')).toBe(1)
    expect(times('savepoint one')).toBe(3)
    expect(numbers()).toEqual([7, 8])
    for (let n = 0; n < 1_000; n++) doAll([refusing()])
    executed = []
    doAll([summed(9)])
    expect(times('savepoint one')).toBe(0)
  })

  it('remembers so many lanes and no more', () => {
    for (let n = 0; n <= 1_000; n++) doAll([halfway(n, `lane ${n}`)])
    executed = []
    doAll([halfway(1, 'lane 1000')])
    expect(times('begin immediate')).toBe(1)
    doAll([halfway(0, 'lane 0')])
    expect(times('begin immediate')).toBe(3)
    expect(numbers()).toEqual([])
  })

  it('ends, however many lanes throw halfway', () => {
    const works = Array.from({ length: 16 }, (_, n) => halfway(n, `lane ${n}`))
    expect(doAll(works)).toHaveLength(16)
    expect(numbers()).toEqual([])
    expect(times('begin immediate')).toBe(17)
  })

  it('throws what ended it, with nothing kept, when it fails as a whole', () => {
    for (const sql of ['begin immediate', 'commit', 'insert into sums values (?)']) {
      refused = sql
      expect(() => doAll([summed(1)])).toThrow('disk is full')
      expect(numbers()).toEqual([])
      expect(connection.inTransaction).toBe(false)
    }
  })

  it('says what ended it when the database has rolled back by itself', () => {
    const rolledBack: LaneWork = {
      lane: 'a',
      *work(): Task<void> {
        yield* insert(1)
        connection.exec('rollback')
        throw new Error('disk is full')
      },
    }
    expect(() => doAll([summed(2, 'b'), rolledBack])).toThrow('disk is full')
    expect(numbers()).toEqual([])
  })
})
