import { PlatformError } from '@openzimki/core'

/** The only place where the database's errors get our codes. A PlatformError passes unchanged. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const code = String((thrown as { code?: unknown } | null)?.code ?? '')
  if (code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY') {
    return new PlatformError('ALREADY_EXISTS', 'There is one of that name already; choose another', {
      cause: thrown,
    })
  }
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR') {
    return new PlatformError('UNAVAILABLE', 'The platform cannot write to its disk; nothing was changed', {
      cause: thrown,
    })
  }
  if (code.startsWith('SQLITE_')) {
    // Its message holds the statement, which is nobody's business outside.
    return new PlatformError('INTERNAL', 'The database of the platform failed; its log says why', {
      cause: thrown,
    })
  }
  return PlatformError.from(thrown)
}
