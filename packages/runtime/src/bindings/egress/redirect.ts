import { PlatformError } from '@openzimki/core'
import { type OutgoingRequest, parseTarget } from './outgoing-request.ts'

export const MAX_REDIRECTS = 5

const REDIRECT_STATUS = new Set([301, 302, 303, 307, 308])
/** They were meant for the origin they were sent to. */
const CREDENTIALS = ['authorization', 'cookie', 'cookie2']

/** Where an answer sends us, or null when it is no redirect. */
export function locationOf(status: number, rawHeaders: readonly string[]): string | null {
  if (!REDIRECT_STATUS.has(status)) return null
  for (let index = 0; index + 1 < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.toLowerCase() === 'location') return rawHeaders[index + 1] ?? null
  return null
}

/**
 * The next request, by the rules of the Fetch standard: 303 becomes GET, and so does POST after 301 and 302; credentials do
 * not go to another origin. Errors: UNAVAILABLE when the location cannot be followed.
 */
export function followRedirect(request: OutgoingRequest, status: number, location: string): OutgoingRequest {
  const url = targetOf(location, request.url)
  const headers = new Map(request.headers)
  const becomesGet =
    (status === 303 && request.method !== 'HEAD') || (status <= 302 && request.method === 'POST')
  if (becomesGet)
    for (const name of [...headers.keys()]) if (name.startsWith('content-')) headers.delete(name)
  if (url.origin !== request.url.origin) for (const name of CREDENTIALS) headers.delete(name)
  return {
    method: becomesGet ? 'GET' : request.method,
    url,
    headers,
    body: becomesGet ? null : request.body,
  }
}

function targetOf(location: string, base: URL): URL {
  try {
    const url = parseTarget(location, base)
    url.username = ''
    url.password = ''
    return url
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new PlatformError('UNAVAILABLE', `${base.host} redirects to where nobody can follow: ${why}`, {
      cause: error,
    })
  }
}
