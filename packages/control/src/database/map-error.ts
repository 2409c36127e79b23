import { PlatformError } from '@openzimki/core'
import { isLost } from '@openzimki/store/postgres'

const TAKEN = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505'])
const NO_ROOM = new Set(['SQLITE_FULL', 'SQLITE_IOERR', '53100'])

/** The only place where the database's errors get our codes. A PlatformError passes unchanged. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const code = String((thrown as { code?: unknown } | null)?.code ?? '')
  if (TAKEN.has(code)) {
    return new PlatformError('ALREADY_EXISTS', 'There is one of that name already; choose another', {
      cause: thrown,
    })
  }
  if (isLost(thrown)) {
    const message =
      'The database of the platform cannot be reached. Look whether its server runs, then try again'
    return new PlatformError('UNAVAILABLE', message, { cause: thrown })
  }
  if (NO_ROOM.has(code)) {
    return new PlatformError('UNAVAILABLE', 'The platform cannot write to its disk; nothing was changed', {
      cause: thrown,
    })
  }
  if (code.startsWith('SQLITE_') || /^[0-9A-Z]{5}$/.test(code)) {
    // Its message holds the statement, which is nobody's business outside.
    return new PlatformError('INTERNAL', 'The database of the platform failed; its log says why', {
      cause: thrown,
    })
  }
  return PlatformError.from(thrown)
}
