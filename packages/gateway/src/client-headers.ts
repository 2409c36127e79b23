import { PlatformError } from '@openzimki/core'

/** What the headers of a request say to the gateway, and what of them a cell may see. */
export interface ClientHeaders {
  /** name, value, ... with lower-case names, for the cell. */
  forCell: string[]
  host: string
  /** Bytes of the body; null: chunked, or none. */
  contentLength: number | null
  chunked: boolean
  accept: string
  /** What a proxy said; believed only of a trusted one. */
  forwardedFor: string
  forwardedProto: string
}

/**
 * Reads node's raw headers once. Leaves out what belongs to this connection alone, and what a client could use to pose as a
 * proxy. Throws INVALID_ARGUMENT for what two parsers could read differently: several hosts or lengths, a length beside chunks.
 */
export function readHeaders(raw: readonly string[]): ClientHeaders {
  const headers: ClientHeaders = {
    forCell: [],
    host: '',
    contentLength: null,
    chunked: false,
    accept: '',
    forwardedFor: '',
    forwardedProto: '',
  }
  let connection = ''
  let hosts = 0
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase()
    const value = raw[index + 1] as string
    switch (name) {
      case 'host':
        hosts++
        headers.host = value
        break
      case 'content-length':
        headers.contentLength = readLength(value, headers.contentLength)
        break
      case 'transfer-encoding':
        if (value.toLowerCase() !== 'chunked') throw ambiguous('its Transfer-Encoding is not "chunked"')
        headers.chunked = true
        continue
      case 'connection':
        connection = connection === '' ? value : `${connection},${value}`
        continue
      case 'accept':
        headers.accept = value
        break
      case 'x-forwarded-for':
        headers.forwardedFor = value
        continue
      case 'x-forwarded-proto':
        headers.forwardedProto = value
        continue
      default:
        if (NOT_FOR_CELLS.has(name) || name.startsWith('x-forwarded-')) continue
    }
    headers.forCell.push(name, value)
  }
  if (hosts !== 1) throw ambiguous('it names no host, or several')
  if (headers.chunked && headers.contentLength !== null) throw ambiguous('it has both a length and chunks')
  if (connection !== '') dropNamed(headers, connection)
  return headers
}

const NOT_FOR_CELLS = new Set([
  'expect',
  'forwarded',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'x-real-ip',
])

const PLAIN_CONNECTION = /^(?:keep-alive|close)$/i

/** Headers that `Connection` names are for this connection alone (RFC 9110, 7.6.1); those that say what the request is stay. */
function dropNamed(headers: ClientHeaders, connection: string): void {
  if (PLAIN_CONNECTION.test(connection)) return
  const named = new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
  for (const kept of ['host', 'content-length', 'content-type', 'cookie', 'authorization']) named.delete(kept)
  headers.forCell = headers.forCell.filter((_, index, all) => !named.has(all[index & ~1] as string))
}

function readLength(value: string, before: number | null): number {
  if (before !== null || !/^\d{1,15}$/.test(value)) throw ambiguous('its Content-Length is not one number')
  return Number(value)
}

const ambiguous = (why: string): PlatformError =>
  new PlatformError('INVALID_ARGUMENT', `The request cannot be read for certain: ${why}`)
