/** What became of a command, as far as going on is concerned. The codes are PostgreSQL's SQLSTATEs and Node's. */

const codeOf = (error: unknown): string => String((error as { code?: unknown } | null)?.code ?? '')

const LOST_CODES = new Set([
  // The server ends or starts, has no room, or is a standby since a failover.
  ...['57P01', '57P02', '57P03', '53300', '25006'],
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ENOENT',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ],
])
/** Errors of `pg` and knex that have no code. */
const LOST_TEXTS = [
  'Connection terminated',
  'connection error',
  'Client was closed',
  'timeout exceeded',
  'Query read timeout',
  'timeout expired',
]

/** The connection is gone, or there is none to be had. What was not committed is not there. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error)
  if (code.startsWith('08') || LOST_CODES.has(code)) return true
  const message = error instanceof Error ? error.message : ''
  return code === '' && LOST_TEXTS.some((text) => message.toLowerCase().includes(text.toLowerCase()))
}

const TRANSIENT = new Set(['40001', '40P01'])

/** The database chose this transaction as the one to give way; it may be done again at once. */
export const isTransient = (error: unknown): boolean => TRANSIENT.has(codeOf(error))

/** A command before this one failed, and it is that one's error that says why. */
export const isFollowUp = (error: unknown): boolean => codeOf(error) === '25P02'

/** Somebody else holds what was wanted, and for longer than we wait. */
export const isLockTimeout = (error: unknown): boolean => codeOf(error) === '55P03'
