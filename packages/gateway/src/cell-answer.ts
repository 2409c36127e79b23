import { PlatformError, type ResponseHead } from '@openzimki/core'
import { type CookieScope, scopeCookie } from './set-cookie.ts'

/** What a cell says its answer is. A cell runs customers' code: nothing in it is believed. PROTOCOL when it is no head. */
export function readAnswer(text: string): ResponseHead {
  const head = parse(text)
  const { status, headers } = head
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) {
    throw new PlatformError('PROTOCOL', 'the cell answered with a status that is none')
  }
  if (!Array.isArray(headers) || headers.length % 2 !== 0 || headers.length > MAX_HEADERS * 2) {
    throw new PlatformError('PROTOCOL', 'the cell answered with headers that are none')
  }
  return { status, headers: headers as string[] }
}

const MAX_HEADERS = 1_000
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** One byte a character, no control character but the tab: nothing here ends a line. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Of this connection, or of the framing, which is ours. */
const NOT_THEIRS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** They reach every path of an origin, so no one realm of a shared origin may send them. */
const WHOLE_ORIGIN = new Set([
  'alt-svc',
  'clear-site-data',
  'critical-ch',
  'accept-ch',
  'nel',
  'origin-agent-cluster',
  'public-key-pins',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'strict-transport-security',
])

/** The headers that may go to the client, and the length that the cell announced. Malformed ones are left out. */
export function safeHeaders(
  headers: readonly unknown[],
  scope: CookieScope,
): { safe: string[]; announced: number | null } {
  const safe: string[] = []
  let announced: number | null = null
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]
    const value = headers[index + 1]
    if (typeof name !== 'string' || typeof value !== 'string' || !NAME.test(name) || !VALUE.test(value))
      continue
    const lower = name.toLowerCase()
    if (lower === 'content-length' && /^\d{1,15}$/.test(value)) announced = Number(value)
    if (NOT_THEIRS.has(lower) || (scope.root !== '' && WHOLE_ORIGIN.has(lower))) continue
    safe.push(name, lower === 'set-cookie' ? scopeCookie(value, scope) : value)
  }
  return { safe, announced }
}

function parse(text: string): Record<string, unknown> {
  let head: unknown
  try {
    head = JSON.parse(text)
  } catch (cause) {
    throw new PlatformError('PROTOCOL', 'the cell answered with a head that is not JSON', { cause })
  }
  if (typeof head !== 'object' || head === null)
    throw new PlatformError('PROTOCOL', 'the cell answered with no head')
  return head as Record<string, unknown>
}
