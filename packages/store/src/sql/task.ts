/** A value that every dialect binds and returns alike. */
export type Binding = string | number | null

export type Row = Record<string, Binding>

export interface Command {
  readonly sql: string
  readonly bindings: readonly Binding[]
  /** In place of `bindings`: once for each of these. A plain insert of one row, which a driver may make into one of many. */
  readonly each?: readonly (readonly Binding[])[]
  /** Nobody looks at its rows, so that it need not be waited for. */
  readonly silent?: boolean
}

/**
 * Work on the database, written once for every dialect: it yields commands and gets their rows. A synchronous driver
 * (better-sqlite3) runs it to the end in one turn, an asynchronous one (PostgreSQL) awaits between; neither shows here.
 */
export type Task<T> = Generator<Command, T, Row[]>

export function* all<R>(sql: string, ...bindings: Binding[]): Task<R[]> {
  return (yield { sql, bindings }) as R[]
}

export function* one<R>(sql: string, ...bindings: Binding[]): Task<R | undefined> {
  return (yield { sql, bindings })[0] as R | undefined
}

export function* run(sql: string, ...bindings: Binding[]): Task<void> {
  yield { sql, bindings, silent: true }
}

export function* runEach(sql: string, each: readonly (readonly Binding[])[]): Task<void> {
  if (each.length > 0) yield { sql, bindings: [], each, silent: true }
}
