import { type ErrorCode, PlatformError } from '@openzimki/core'

const CODES: Record<string, { code: ErrorCode; todo: string }> = {
  EACCES: { code: 'PERMISSION_DENIED', todo: 'give the platform’s user the right to it' },
  EPERM: { code: 'PERMISSION_DENIED', todo: 'give the platform’s user the right to it' },
  EROFS: { code: 'PERMISSION_DENIED', todo: 'choose a data folder that can be written' },
  EDQUOT: { code: 'QUOTA_EXCEEDED', todo: 'raise the disk quota or free space' },
  ENOSPC: { code: 'NO_CAPACITY', todo: 'free space on the disk' },
  EMFILE: { code: 'NO_CAPACITY', todo: 'raise the limit of open files (ulimit -n)' },
  ENFILE: { code: 'NO_CAPACITY', todo: 'raise the limit of open files of this host' },
  EAGAIN: { code: 'NO_CAPACITY', todo: 'raise the limit of processes (ulimit -u) or end some' },
  ENOMEM: { code: 'NO_CAPACITY', todo: 'free memory on this host' },
  E2BIG: { code: 'INVALID_ARGUMENT', todo: 'pass a smaller environment' },
}

/** Errors of the operating system in our codes; a PlatformError passes unchanged. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  if (error.name === 'AbortError') return new PlatformError('CANCELLED', 'cancelled', { cause: thrown })
  const known = CODES[(error as NodeJS.ErrnoException).code ?? '']
  if (!known) return new PlatformError('INTERNAL', `local provider: ${error.message}`, { cause: thrown })
  return new PlatformError(known.code, `local provider: ${error.message}; ${known.todo}`, { cause: thrown })
}
