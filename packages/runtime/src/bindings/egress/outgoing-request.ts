import { validateHeaderName, validateHeaderValue } from 'node:http'
import { PlatformError } from '@openzimki/core'

/** One request, checked and ready for the wire. */
export interface OutgoingRequest {
  method: string
  url: URL
  /** Lower-case names. */
  headers: Map<string, string[]>
  body: Uint8Array | null
}

const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,64}$/
/** They belong to the connection, which is ours. A program's own are dropped, as a browser drops them. */
const CONNECTION_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const MAX_HEADER_BYTES = 64 * 1024
const MAX_URL_LENGTH = 16 * 1024

/** Checks what a program wants to send. Errors: INVALID_ARGUMENT, TOO_LARGE. */
export function prepareRequest(outgoing: {
  method: string
  url: string
  headers: readonly string[]
  body?: Uint8Array
}): OutgoingRequest {
  const method = outgoing.method.toUpperCase()
  if (!TOKEN.test(method) || ['CONNECT', 'TRACE', 'TRACK'].includes(method))
    throw invalid(
      `the method "${outgoing.method.slice(0, 40)}" cannot be used; use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS`,
    )
  const isBodiless = method === 'GET' || method === 'HEAD'
  const body = outgoing.body && !(isBodiless && outgoing.body.length === 0) ? outgoing.body : null
  if (body !== null && isBodiless)
    throw invalid(`a ${method} request cannot have a body; send the data in the query, or use POST`)
  const url = parseTarget(outgoing.url)
  const headers = readHeaders(outgoing.headers)
  if (url.username !== '' || url.password !== '') {
    if (!headers.has('authorization')) headers.set('authorization', [basicCredentials(url)])
    url.username = ''
    url.password = ''
  }
  return { method, url, headers, body }
}

/** An absolute http or https URL, without its fragment. Errors: INVALID_ARGUMENT. */
export function parseTarget(text: string, base?: URL): URL {
  if (text.length > MAX_URL_LENGTH) throw invalid(`the URL is longer than ${MAX_URL_LENGTH} characters`)
  const url = URL.parse(text, base)
  if (!url)
    throw invalid(`"${text.slice(0, 100)}" is not a URL; write it in full, such as https://example.org/path`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw invalid(`${url.protocol} URLs cannot be called, only http: and https:`)
  url.hash = ''
  return url
}

function readHeaders(flat: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>()
  let bytes = 0
  for (let index = 0; index < flat.length; index += 2) {
    const name = String(flat[index])
    const value = String(flat[index + 1] ?? '').trim()
    checkHeader(name, value)
    bytes += name.length + value.length + 4
    if (bytes > MAX_HEADER_BYTES)
      throw new PlatformError(
        'TOO_LARGE',
        `the headers have more than ${MAX_HEADER_BYTES} bytes; send less in them`,
      )
    const lower = name.toLowerCase()
    if (CONNECTION_HEADERS.has(lower) || lower.startsWith('proxy-')) continue
    const values = headers.get(lower)
    if (values) values.push(value)
    else headers.set(lower, [value])
  }
  return headers
}

/** No line end, no control character: nothing in a header can begin another one. */
function checkHeader(name: string, value: string): void {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch (error) {
    throw invalid(`the header "${name.slice(0, 60)}" has a character that no header may have`, error)
  }
}

function basicCredentials(url: URL): string {
  try {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    return `Basic ${Buffer.from(pair).toString('base64')}`
  } catch (error) {
    throw invalid('the user name and password in the URL are not encoded as a URL needs it', error)
  }
}

const invalid = (message: string, cause?: unknown): PlatformError =>
  new PlatformError('INVALID_ARGUMENT', message, cause === undefined ? {} : { cause })
