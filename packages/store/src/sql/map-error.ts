import { PlatformError } from '@openzimki/core'
import { isLost } from './postgres/failures.ts'

const PLAIN: Record<string, [code: 'UNAVAILABLE' | 'INTERNAL', text: string]> = {
  SQLITE_FULL: [
    'UNAVAILABLE',
    'the disk of the store is full; nothing was written. Free some space, then try again',
  ],
  SQLITE_BUSY: [
    'UNAVAILABLE',
    'another process has the database of the store open. Stop it, or give this one a folder of its own',
  ],
  SQLITE_IOERR: ['UNAVAILABLE', 'the disk of the store failed. Look at the machine before going on'],
  SQLITE_READONLY: ['UNAVAILABLE', 'the database of the store cannot be written. Look at its owner and mode'],
  SQLITE_CANTOPEN: ['UNAVAILABLE', 'the database of the store cannot be opened. Look at its folder and mode'],
  SQLITE_CORRUPT: ['INTERNAL', 'the database of the store is damaged. Restore it from a backup'],
  SQLITE_NOTADB: ['INTERNAL', 'the file of the store is not a database. Look at the data folder'],
  '28': ['UNAVAILABLE', 'the database refuses the user or the password in the URL of the state. Correct it'],
  '3D000': [
    'UNAVAILABLE',
    'there is no such database on the server. Create it, or correct the URL of the state',
  ],
  '42501': [
    'UNAVAILABLE',
    'the database user may not do this. It must be allowed to create schemas in its database',
  ],
  '53100': [
    'UNAVAILABLE',
    'the disk of the database is full; nothing was written. Free some space, then try again',
  ],
  '57014': [
    'UNAVAILABLE',
    'the database took too long and was stopped; nothing was written. Try again, or ask for less',
  ],
  '55P03': ['UNAVAILABLE', 'another process holds this realm for too long; nothing was written. Try again'],
  '40': ['UNAVAILABLE', 'too many write the same at once; nothing was written. Try again'],
  XX001: ['INTERNAL', 'the database of the store is damaged. Restore it from a backup'],
}

/** Errors of the driver as PlatformErrors. SQL and bindings never get into a message: they may hold a tenant's data. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const full = (thrown as { code?: unknown } | null)?.code
  const code = typeof full === 'string' ? full : ''
  const entry = Object.entries(PLAIN).find(([name]) => covers(name, code))
  if (entry) return new PlatformError(entry[1][0], entry[1][1], { cause: thrown })
  if (isLost(thrown)) {
    const message =
      'the database of the store cannot be reached. Look whether its server runs, then try again'
    return new PlatformError('UNAVAILABLE', message, { cause: thrown })
  }
  // better-sqlite3 says this one without a code.
  if (thrown instanceof Error && thrown.message.includes('directory does not exist')) {
    return new PlatformError('UNAVAILABLE', 'the folder of the store does not exist; make it first', {
      cause: thrown,
    })
  }
  return new PlatformError('INTERNAL', 'the store failed on a query; its log has the cause', {
    cause: thrown,
  })
}

/** SQLite's codes have parts, PostgreSQL's five characters of which the first two are the class. */
const covers = (name: string, code: string): boolean =>
  code === name ||
  code.startsWith(`${name}_`) ||
  (name.length === 2 && code.length === 5 && code.startsWith(name))
