import { type ErrorCode, PlatformError } from '@openzimki/core'

interface Rule {
  /** What the error is called; servers other than AWS use the same words. */
  names: readonly string[]
  what: string
  todo: string
  code?: ErrorCode
}

/**
 * Nearly all is UNAVAILABLE: what went wrong is between the platform and its store, and a visitor whose picture is not to be had
 * must not read "permission denied". What it was, and what the operator does about it, is in the message; `details.reason` names it.
 */
const RULES: Rule[] = [
  {
    names: ['NoSuchBucket'],
    what: 'there is no such bucket',
    todo: 'make it, or mend its name, region or endpoint',
  },
  {
    names: ['PermanentRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException', '301'],
    what: 'the bucket is in another region',
    todo: 'name the region that it is in (region=...)',
  },
  {
    names: ['AccessDenied', 'Forbidden', '403', 'AllAccessDisabled', 'AccountProblem'],
    what: 'these credentials may not do that',
    todo: 'give their role or user the rights that docs/how-to/blobs-in-s3.md lists',
  },
  {
    names: [
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'InvalidToken',
      'UnrecognizedClientException',
      '401',
    ],
    what: 'the store does not take these credentials',
    todo: 'mend AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or the profile or role in their place',
  },
  {
    names: ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'],
    what: 'the credentials have expired',
    todo: 'renew them; the role of a machine renews them by itself',
  },
  {
    names: ['CredentialsProviderError', 'TokenProviderError'],
    what: 'there are no credentials',
    todo: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or let the machine have a role',
  },
  {
    names: ['RequestTimeTooSkewed', 'RequestExpired'],
    what: 'the clock of this machine is wrong by minutes',
    todo: 'set it, and keep it right (chrony or systemd-timesyncd)',
  },
  {
    names: [
      'SlowDown',
      'Throttling',
      'ThrottlingException',
      'TooManyRequests',
      'RequestLimitExceeded',
      '429',
      '503',
    ],
    what: 'the store asks for fewer requests',
    todo: 'try again later; it was tried several times already',
  },
  {
    names: ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'EPIPE'],
    what: 'the store cannot be reached',
    todo: 'mend endpoint or region, or the network between',
  },
  {
    names: ['TimeoutError', 'RequestTimeout', 'ETIMEDOUT'],
    what: 'the store did not answer in time',
    todo: 'look at the network between; it was tried several times already',
  },
  {
    names: [
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    what: 'the certificate of the store is not one that this machine trusts',
    todo: 'mend the endpoint, or name the file of its authority in NODE_EXTRA_CA_CERTS',
  },
  {
    names: ['NotImplemented', 'MethodNotAllowed', '501', '405'],
    what: 'the store does not know this request',
    todo: 'use a store that does: S3 itself, or a newer version of this one',
    code: 'UNSUPPORTED',
  },
  {
    names: ['BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch'],
    what: 'the content changed on its way to the store, which refused it',
    todo: 'try again; if it stays, look at what stands between (a proxy, broken memory)',
  },
  {
    names: ['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage', '507'],
    what: 'the store is full',
    todo: 'give it room, or raise its quota',
  },
  {
    names: ['ENOSPC', 'EDQUOT'],
    what: 'there is no room for what is being uploaded',
    todo: 'free space in the data folder: an upload waits there until all of it has come',
  },
]

/** Errors of the SDK, of the store behind it and of the network, in our words; a PlatformError passes unchanged. */
export function mapError(thrown: unknown, place: string): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const names = namesOf(thrown)
  const known = names.find((name) => RULES.some((one) => one.names.includes(name))) ?? ''
  const rule = RULES.find((one) => one.names.includes(known))
  const { what, todo, code } = rule ?? {
    what: messageOf(thrown),
    todo: 'try again, and look at the store’s own log',
    code: 'UNAVAILABLE' as const,
  }
  return new PlatformError(code ?? 'UNAVAILABLE', `blobs in ${place}: ${what}; ${todo}`, {
    cause: thrown,
    details: { reason: known || (names[0] ?? 'unknown'), ...statusDetail(thrown) },
  })
}

/** No such object. */
export const isMissing = (thrown: unknown): boolean =>
  has(thrown, ['NoSuchKey', 'NotFound']) || (statusOf(thrown) === 404 && !has(thrown, ['NoSuchBucket']))

/** No such upload: it is finished, or was aborted. */
export const isNoUpload = (thrown: unknown): boolean => has(thrown, ['NoSuchUpload'])

/** A condition of ours did not hold. */
export const isPrecondition = (thrown: unknown): boolean =>
  has(thrown, ['PreconditionFailed']) || statusOf(thrown) === 412

/** Somebody else writes the same object just now: to be tried again. */
export const isWriteConflict = (thrown: unknown): boolean =>
  has(thrown, ['ConditionalRequestConflict', 'OperationAborted'])

/** A range that begins behind the end. */
export const isBehindEnd = (thrown: unknown): boolean =>
  has(thrown, ['InvalidRange']) || statusOf(thrown) === 416

/** Refused for what it contains; not for rights, and not for now. */
export const isRefusal = (thrown: unknown): boolean => {
  const status = statusOf(thrown) ?? 0
  return status === 400 || status === 412 || status === 422
}

/** The bucket has no such configuration. */
export const isUnconfigured = (thrown: unknown): boolean =>
  has(thrown, ['NoSuchLifecycleConfiguration']) || isMissing(thrown)

const has = (thrown: unknown, names: readonly string[]): boolean =>
  namesOf(thrown).some((name) => names.includes(name))

/** Most telling first. A HEAD has no body, so there the status is all there is. */
function namesOf(thrown: unknown): string[] {
  const { name, Code, code, errors, cause } = (thrown ?? {}) as Record<string, unknown>
  const inner = Array.isArray(errors) ? errors[0] : cause
  const own = [Code, code, name].filter((one) => typeof one === 'string')
  const status = statusOf(thrown)
  // The SDK wraps what it does not take for an error, and keeps its words alone.
  const said = /\bE[A-Z]{4,}\b/.exec(messageOf(thrown)) ?? []
  const nested = inner && inner !== thrown ? namesOf(inner) : []
  return [...said, ...own, ...nested, ...(status === undefined ? [] : [String(status)])]
}

function statusOf(thrown: unknown): number | undefined {
  const status = (thrown as { $metadata?: { httpStatusCode?: unknown } } | null)?.$metadata?.httpStatusCode
  return typeof status === 'number' ? status : undefined
}

function statusDetail(thrown: unknown): { status?: number } {
  const status = statusOf(thrown)
  return status === undefined ? {} : { status }
}

function messageOf(thrown: unknown): string {
  const message = (thrown as { message?: unknown } | null)?.message
  return typeof message === 'string' && message !== '' ? message : String(thrown)
}
