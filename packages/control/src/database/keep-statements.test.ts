import { expect, it } from '@jest/globals'
import Database from 'better-sqlite3'
import { keepStatements } from './keep-statements.ts'

it('keepStatements gives the same statement again, of many the ones that were made last', () => {
  const connection = new Database(':memory:')
  connection.exec('create table t (n integer)')
  keepStatements(connection)
  const insert = connection.prepare('insert into t values (?)')
  insert.run(1)
  expect(connection.prepare('insert into t values (?)')).toBe(insert)
  for (let n = 0; n < 1_000; n++) expect(connection.prepare(`select ${n} as n`).get()).toEqual({ n })
  expect(connection.prepare('insert into t values (?)')).not.toBe(insert)
  connection.prepare('insert into t values (?)').run(2)
  expect(connection.prepare('select count(*) as n from t').get()).toEqual({ n: 2 })
  expect(() => connection.prepare('select nonsense')).toThrow('nonsense')
  connection.close()
})

it('keepStatements keeps no long ones, which are lists that seldom come again', () => {
  const connection = new Database(':memory:')
  keepStatements(connection)
  const long = `select ${'7'.padStart(5_000)} as n`
  expect(connection.prepare(long).get()).toEqual({ n: 7 })
  expect(connection.prepare(long)).not.toBe(connection.prepare(long))
  connection.close()
})
