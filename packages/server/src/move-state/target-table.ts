import { PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'
import type { Value } from './content-digest.ts'
import type { SourceTable } from './source-database.ts'

/** Rows, and bytes of text, of one command. */
const ROWS = 1_000
const BYTES = 4 * 1024 * 1024

/** A table of PostgreSQL that takes the rows of one of SQLite's, in a transaction of the caller. */
export class TargetTable {
  readonly #transaction: Knex.Transaction
  readonly #schema: string
  readonly #source: SourceTable
  readonly #types: string[]

  private constructor(transaction: Knex.Transaction, schema: string, source: SourceTable, types: string[]) {
    this.#transaction = transaction
    this.#schema = schema
    this.#source = source
    this.#types = types
  }

  /** INTERNAL when the two have not the same columns. Nobody else writes the table until the transaction ends. */
  static async open(
    transaction: Knex.Transaction,
    schema: string,
    source: SourceTable,
  ): Promise<TargetTable> {
    const { rows } = await transaction.raw(
      'select column_name as name, data_type as type from information_schema.columns where table_schema = ? and table_name = ?',
      [schema, source.name],
    )
    const types = new Map((rows as { name: string; type: string }[]).map(({ name, type }) => [name, type]))
    if (types.size !== source.columns.length || source.columns.some((column) => !types.has(column))) {
      throw new PlatformError('INTERNAL', `the table ${source.name} is not the same in both databases`)
    }
    await transaction.raw('lock table ??.?? in share row exclusive mode', [schema, source.name])
    const ordered = source.columns.map((column) => types.get(column)!)
    return new TargetTable(transaction, schema, source, ordered)
  }

  async isEmpty(): Promise<boolean> {
    const { rows } = await this.#transaction.raw('select 1 from ??.?? limit 1', [
      this.#schema,
      this.#source.name,
    ])
    return rows.length === 0
  }

  async fill(rows: Iterable<Value[]>, onRows: (count: number) => void): Promise<void> {
    let some: Value[][] = []
    let bytes = 0
    for (const row of rows) {
      some.push(row)
      for (const value of row) bytes += typeof value === 'string' ? value.length : 8
      if (some.length < ROWS && bytes < BYTES) continue
      await this.#insert(some)
      onRows(some.length)
      some = []
      bytes = 0
    }
    await this.#insert(some)
    onRows(some.length)
    await this.#goOnCounting()
  }

  /** All rows, some at a time. */
  async *rows(): AsyncGenerator<Value[]> {
    const { columns, name } = this.#source
    const list = columns.map(() => '??').join(', ')
    await this.#transaction.raw(`declare moved no scroll cursor for select ${list} from ??.??`, [
      ...columns,
      this.#schema,
      name,
    ])
    for (;;) {
      const { rows } = await this.#transaction.raw(`fetch ${ROWS} from moved`)
      for (const row of rows as Record<string, Value>[]) yield columns.map((column) => row[column] ?? null)
      if (rows.length < ROWS) break
    }
    await this.#transaction.raw('close moved')
  }

  async #insert(rows: Value[][]): Promise<void> {
    if (rows.length === 0) return
    const { columns, name } = this.#source
    const names = columns.map(() => '??').join(', ')
    const lists = this.#types.map((type) => `?::${type}[]`).join(', ')
    const values = columns.map((_, index) => rows.map((row) => row[index] ?? null))
    await this.#transaction.raw(`insert into ??.?? (${names}) select * from unnest(${lists})`, [
      this.#schema,
      name,
      ...columns,
      ...values,
    ] as Knex.RawBinding[])
  }

  /** From where SQLite was, which may be beyond the highest that is left: a number that was given once never comes again. */
  async #goOnCounting(): Promise<void> {
    const { counter, name } = this.#source
    if (!counter) return
    const sql = 'select setval(pg_get_serial_sequence(?, ?), ?)'
    await this.#transaction.raw(sql, [`${this.#schema}.${name}`, counter.column, counter.last])
  }
}
