import { type ErrorCode, PlatformError } from '@openzimki/core'

interface Rule {
  when: RegExp
  code: ErrorCode
  todo: string
}

/** By what the engine says; its status is too coarse: 500 stands for a full disk as for a bug. First match wins. */
const RULES: Rule[] = [
  {
    when: /no space left|disk quota/i,
    code: 'NO_CAPACITY',
    todo: 'free space on the engine’s disk (docker system df shows what takes it)',
  },
  {
    when: /cannot allocate memory|out of memory/i,
    code: 'NO_CAPACITY',
    todo: 'free memory on the engine’s host, or offer a smaller size',
  },
  {
    when: /no such image|manifest unknown|pull access denied/i,
    code: 'INVALID_ARGUMENT',
    todo: 'make the image with `zimki provider docker image`, or name another in the configuration',
  },
  {
    when: /range of cpus|minimum memory limit|less than minimum/i,
    code: 'INVALID_ARGUMENT',
    todo: 'offer a size that this engine has',
  },
  {
    when: /not a swarm manager|not part of a swarm|swarm mode/i,
    code: 'UNSUPPORTED',
    todo: 'run `docker swarm init`, or name an engine that is a manager of the Swarm',
  },
  {
    when: /the swarm does not have a leader|deadline exceeded/i,
    code: 'TIMEOUT',
    todo: 'bring back the other managers of the Swarm, then try again',
  },
  {
    when: /network .*not found|no such network/i,
    code: 'INVALID_ARGUMENT',
    todo: 'make the network, or name another in the configuration',
  },
]

const BY_STATUS: Record<number, ErrorCode> = {
  400: 'INVALID_ARGUMENT',
  401: 'PERMISSION_DENIED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
}

const BY_SYSTEM_CODE: Record<string, { code: ErrorCode; todo: string }> = {
  ENOENT: { code: 'INTERNAL', todo: 'no engine listens there: start it, or mend `connection`' },
  ECONNREFUSED: { code: 'INTERNAL', todo: 'no engine listens there: start it, or mend `connection`' },
  ENOTFOUND: { code: 'INTERNAL', todo: 'mend the host of `connection`' },
  EACCES: {
    code: 'PERMISSION_DENIED',
    todo: 'let the platform’s user use the engine (group docker), or name another',
  },
  EPERM: {
    code: 'PERMISSION_DENIED',
    todo: 'let the platform’s user use the engine (group docker), or name another',
  },
  ENOSPC: { code: 'NO_CAPACITY', todo: 'free space on the disk' },
}

/** Errors of dockerode, of the engine behind it and of the system, in our codes; a PlatformError passes unchanged. */
export function mapError(thrown: unknown): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const message = messageOf(thrown)
  const { name, code, cause } = (thrown ?? {}) as { name?: unknown; code?: unknown; cause?: unknown }
  if (name === 'TimeoutError' || isTimeout(cause))
    return mapped('TIMEOUT', 'the engine did not answer in time', 'look at it with docker info', thrown)
  if (name === 'AbortError') return new PlatformError('CANCELLED', 'cancelled', { cause: thrown })
  const rule = RULES.find(({ when }) => when.test(message))
  if (rule) return mapped(rule.code, message, rule.todo, thrown)
  const status = statusOf(thrown)
  if (status !== undefined)
    return mapped(BY_STATUS[status] ?? 'INTERNAL', message, 'the engine’s own log says more', thrown)
  const known = BY_SYSTEM_CODE[String(code)]
  if (known) return mapped(known.code, message, known.todo, thrown)
  return mapped('INTERNAL', message, 'try again, and look at the engine with docker info', thrown)
}

/** What an aborted request was aborted for: its time was over. */
const isTimeout = (cause: unknown): boolean =>
  (cause as { name?: unknown } | null | undefined)?.name === 'TimeoutError'

/** Also of an error that another realm made. */
export function messageOf(thrown: unknown): string {
  const message = (thrown as { message?: unknown } | null)?.message
  return typeof message === 'string' ? message : String(thrown)
}

/** HTTP status of the engine's answer; undefined when there was none. */
export function statusOf(thrown: unknown): number | undefined {
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode
  return typeof status === 'number' ? status : undefined
}

/** Gives `instead` when the engine answers with one of these. */
export async function statusAs<T, U>(
  work: Promise<T>,
  statuses: readonly number[],
  instead: U,
): Promise<T | U> {
  try {
    return await work
  } catch (thrown) {
    if (statuses.includes(statusOf(thrown) ?? 0)) return instead
    throw thrown
  }
}

function mapped(code: ErrorCode, what: string, todo: string, cause: unknown): PlatformError {
  return new PlatformError(code, `docker provider: ${what.trim()}; ${todo}`, { cause })
}
