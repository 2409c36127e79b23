import type { Database, Statement } from 'better-sqlite3'

/** More than there are queries; those with lists of many lengths come and go. */
const MOST = 300
/** Longer are lists of many rows, which seldom come twice in the same length. Characters. */
const LONGEST = 4_096

/**
 * Keeps the prepared statements of a connection: knex has each query prepared anew, which costs as much as running it. A statement may be
 * run again, since knex takes all rows at once. To be called when the schema is final: what `select *` gives is fixed with the statement.
 */
export function keepStatements(connection: Database): void {
  const prepare = connection.prepare.bind(connection) as (sql: string) => Statement
  const kept = new Map<string, Statement>()
  connection.prepare = ((sql: string): Statement => {
    const known = kept.get(sql)
    if (known) return known
    const made = prepare(sql)
    if (sql.length > LONGEST) return made
    const [oldest] = kept.keys()
    if (kept.size >= MOST && oldest !== undefined) kept.delete(oldest)
    kept.set(sql, made)
    return made
  }) as Database['prepare']
}
