import { PlatformError } from '@openzimki/core'

const EXPLANATIONS: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it broke off the connection',
  EPIPE: 'it broke off the connection',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  ETIMEDOUT: 'it did not answer',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name could not be looked up',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not from an authority that is trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not from an authority that is trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** What a failed call says to the program. Causes that lie with the other side are UNAVAILABLE. */
export function mapCallError(thrown: unknown, host: string): PlatformError {
  if (thrown instanceof PlatformError) return thrown
  const code = codeOf(thrown)
  if (code === 'HPE_HEADER_OVERFLOW')
    return new PlatformError('TOO_LARGE', `the headers of the answer of ${host} are too large`, {
      cause: thrown,
    })
  const known = EXPLANATIONS[code]
  const why = known ?? (code.startsWith('HPE_') ? 'its answer is not HTTP' : messageOf(thrown))
  return new PlatformError('UNAVAILABLE', `the call to ${host} failed: ${why}`, { cause: thrown })
}

/** Why a signal ended the call: the caller's own, or our time limit. */
export function mapAbort(caller: AbortSignal | undefined, host: string, timeoutMs: number): PlatformError {
  if (caller?.aborted) return new PlatformError('CANCELLED', `the call to ${host} was cancelled`)
  return new PlatformError('TIMEOUT', `the call to ${host} took longer than ${timeoutMs} ms`, {
    details: { timeoutMs },
  })
}

/** A connection to several addresses fails with all their errors in one. */
function codeOf(thrown: unknown): string {
  const error = thrown instanceof AggregateError ? (thrown.errors[0] ?? thrown) : thrown
  return String((Object(error) as { code?: unknown }).code ?? '')
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
