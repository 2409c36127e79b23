import { PlatformError } from '@openzimki/core'
import { connectPostgres, DURABLE, lockKey } from '@openzimki/store/postgres'
import type { Knex } from 'knex'
import { ContentDigest, type Value } from './content-digest.ts'
import { SourceDatabase, type SourceTable } from './source-database.ts'
import { TargetTable } from './target-table.ts'

/** One of the installation's databases: its SQLite file, and the schema of PostgreSQL that it becomes. */
export interface Move {
  filename: string
  schema: string
}

export interface MovedTable {
  table: string
  rows: number
  /** Sum of the SHA-256 of its rows, the same on both sides. */
  digest: string
}

export interface Moved {
  tables: MovedTable[]
  /** Everything was there already, from a move whose end was not seen. */
  already: boolean
}

type Progress = (table: string, rows: number) => void

/**
 * Copies all rows of the SQLite files into PostgreSQL, in one transaction, and compares what is then there with what was read, table by table
 * and realm by realm. When it rejects, the target is as it was, and it can be begun anew. The schemas are there and are new on both sides, and
 * nobody writes the files. ALREADY_EXISTS: the target holds something else. UNAVAILABLE: a platform works on it.
 */
export async function moveState(url: string, moves: readonly Move[], progress: Progress): Promise<Moved> {
  const db = connectPostgres({
    url,
    schema: 'public',
    connections: 1,
    name: 'zimki move-state',
    settings: DURABLE,
  })
  const sources = moves.map((move) => ({ ...move, source: new SourceDatabase(move.filename) }))
  try {
    return await db.transaction(async (transaction) => {
      await keepPlatformsOut(transaction)
      const pairs: Pair[] = []
      for (const { schema, source } of sources) {
        for (const table of source.tables()) {
          pairs.push({ schema, source, table, target: await TargetTable.open(transaction, schema, table) })
        }
      }
      const already = !(await areEmpty(pairs))
      for (const pair of already ? [] : pairs) {
        let rows = 0
        await pair.target.fill(pair.source.rows(pair.table), (count) => {
          rows += count
          progress(nameOf(pair), rows)
        })
      }
      return { tables: await compareAll(pairs, already), already }
    })
  } finally {
    for (const { source } of sources) source.close()
    await db.destroy()
  }
}

interface Pair {
  schema: string
  source: SourceDatabase
  table: SourceTable
  target: TargetTable
}

const nameOf = ({ schema, table }: Pair): string => `${schema}.${table.name}`

async function keepPlatformsOut(transaction: Knex.Transaction): Promise<void> {
  const { rows } = await transaction.raw('select pg_try_advisory_xact_lock(?::bigint) as free', [
    lockKey('platform'),
  ])
  if (rows[0].free) return
  throw new PlatformError(
    'UNAVAILABLE',
    'a platform works on the target database. End it, or choose an empty database',
  )
}

async function areEmpty(pairs: readonly Pair[]): Promise<boolean> {
  for (const { target } of pairs) if (!(await target.isEmpty())) return false
  return true
}

async function compareAll(pairs: readonly Pair[], already: boolean): Promise<MovedTable[]> {
  const tables: MovedTable[] = []
  for (const pair of pairs) {
    const groupOf = grouping(pair)
    const before = new ContentDigest()
    for (const row of pair.source.rows(pair.table)) before.add(groupOf(row), row)
    const after = new ContentDigest()
    for await (const row of pair.target.rows()) after.add(groupOf(row), row)
    const wrong = before.differing(after)
    if (wrong.length > 0) throw differ(pair, wrong, already)
    tables.push({ table: nameOf(pair), rows: after.rows, digest: after.total })
  }
  return tables
}

/** The realm that a row belongs to, as far as it can be told. */
function grouping({ source, table, schema }: Pair): (row: readonly Value[]) => string {
  const at = table.columns.findIndex((column) => column === 'realm_id' || column === 'realm')
  if (at >= 0) return (row) => String(row[at])
  const ofClass = table.columns.indexOf('class_id')
  if (!schema.endsWith('store') || ofClass < 0) return () => ''
  const realms = source.classRealms()
  return (row) => realms.get(Number(row[ofClass])) ?? 'deleted'
}

function differ(pair: Pair, realms: readonly string[], already: boolean): PlatformError {
  if (already) {
    return new PlatformError(
      'ALREADY_EXISTS',
      'the target database is not empty, and holds something else than this installation. Nothing was changed. Choose an empty one',
    )
  }
  const some = realms.slice(0, 5).join(', ')
  return new PlatformError(
    'INTERNAL',
    `what arrived in ${nameOf(pair)} is not what was read (realms ${some}). Nothing was kept; try again`,
  )
}
