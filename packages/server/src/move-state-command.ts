import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type CliIo, withProgress } from '@openzimki/cli'
import { PlatformError, systemClock } from '@openzimki/core'
import { Command } from 'commander'
import { openDataDirectory } from './data-directory.ts'
import { lockData } from './data-lock.ts'
import type { Moved } from './move-state/move-state.ts'
import { placeOf } from './moved-marker.ts'

interface MoveFlags {
  to: string
  data: string
  json?: boolean
}

/** `zimki admin move-state`. */
export function moveStateCommand(io: CliIo): Command {
  return new Command('move-state')
    .description('take the state of an installation from SQLite to PostgreSQL')
    .requiredOption('--to <url>', 'postgres:// URL of an empty database')
    .option('--data <folder>', 'folder of the installation', '.zimki')
    .option('--json', 'print what was moved as JSON')
    .action((flags: MoveFlags) => move(flags, io))
}

async function move(flags: MoveFlags, io: CliIo): Promise<void> {
  // Only here, so that other commands do not load databases.
  const { isPostgresUrl } = await import('@openzimki/store/postgres')
  const { moveState } = await import('./move-state/move-state.ts')
  if (!isPostgresUrl(flags.to)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      '--to takes a URL such as postgres://user:password@host/database',
    )
  }
  const data = await openDataDirectory(resolve(io.cwd, flags.data))
  const lock = await lockData(data.lockFile)
  try {
    const moves = await withProgress(io, 'Bringing both databases up to date', () =>
      bringUpToDate(data, flags.to),
    )
    const moved = await moveState(flags.to, moves, (table, rows) =>
      io.stderr.write(`${table}: ${rows} rows\n`),
    )
    await writeFile(
      data.movedFile,
      `${JSON.stringify({ to: placeOf(flags.to), atMs: systemClock.nowMs() })}\n`,
    )
    report(moved, flags, io)
  } finally {
    await lock.release()
  }
}

/** Opens and closes every database on both sides, which brings it to the newest schema; SQLite's are nobody else's meanwhile. */
async function bringUpToDate(
  data: { root: string; store: string; control: string; logs: string },
  url: string,
) {
  const { openStore } = await import('@openzimki/store')
  const { openDatabase } = await import('@openzimki/control/database')
  const moves = [
    { filename: data.store, schema: 'zimki_store' },
    { filename: data.control, schema: 'zimki_control' },
    { filename: data.logs, schema: 'zimki_logs' },
  ]
  for (const store of [data.store, url])
    await (await openStore({ location: store, clock: systemClock })).close()
  for (const [schema, file] of [
    ['control', data.control],
    ['logs', data.logs],
  ] as const) {
    for (const location of [file, url]) {
      await (await openDatabase({ location, schema, synchronous: 'FULL' })).destroy()
    }
  }
  return moves
}

function report(moved: Moved, flags: MoveFlags, io: CliIo): void {
  if (flags.json) {
    io.stdout.write(`${JSON.stringify(moved)}\n`)
    return
  }
  const lines = moved.tables.map(
    ({ table, rows, digest }) => `  ${table.padEnd(32)} ${String(rows).padStart(9)}  ${digest.slice(0, 16)}`,
  )
  const what = moved.already
    ? 'All of it was there already, and is the same.'
    : 'All of it was moved, and is the same on both sides.'
  io.stdout.write(
    `${[...lines, '', what, `Next: zimki up --data ${flags.data} --state URL`, 'Keep the folder: it holds keys, secrets and files. Its *.sqlite files are what was, and are not used any more.'].join('\n')}\n`,
  )
}
