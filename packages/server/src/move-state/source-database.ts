import Database from 'better-sqlite3'
import type { Value } from './content-digest.ts'

export interface SourceTable {
  name: string
  columns: string[]
  /** Column that counts by itself, and the highest number it ever gave: none may come again. */
  counter: { column: string; last: number } | null
}

/** One of the installation's SQLite files, read only. */
export class SourceDatabase {
  readonly #db: Database.Database

  constructor(filename: string) {
    this.#db = new Database(filename, { readonly: true, fileMustExist: true })
  }

  /** The platform's tables; who holds the lease is not state. */
  tables(): SourceTable[] {
    const names = this.#db
      .prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'knex_%'",
      )
      .pluck()
      .all() as string[]
    return names.filter((name) => name !== 'leases').map((name) => this.#table(name))
  }

  rows({ name, columns }: SourceTable): IterableIterator<Value[]> {
    const list = columns.map((column) => `"${column}"`).join(', ')
    return this.#db.prepare(`select ${list} from "${name}"`).raw().iterate() as IterableIterator<Value[]>
  }

  /** Names of realms by the number of each class. */
  classRealms(): Map<number, string> {
    const rows = this.#db.prepare('select id, realm_id from classes').raw().all() as [number, number][]
    return new Map(rows.map(([id, realm]) => [id, String(realm)]))
  }

  close(): void {
    this.#db.close()
  }

  #table(name: string): SourceTable {
    const columns = this.#db.pragma(`table_info("${name}")`) as { name: string; pk: number }[]
    const last = this.#db.prepare('select seq from sqlite_sequence where name = ?').pluck().get(name) as
      | number
      | undefined
    const key = columns.find(({ pk }) => pk === 1)
    return {
      name,
      columns: columns.map((column) => column.name),
      counter: last && key ? { column: key.name, last } : null,
    }
  }
}
