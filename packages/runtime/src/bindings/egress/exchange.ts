import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIPv6, type LookupFunction, type Socket } from 'node:net'
import { portOf } from './egress-policy.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import { ACCEPTED_ENCODINGS } from './read-body.ts'

/** More addresses of one name than this are not tried. */
const MAX_ADDRESSES = 8

/**
 * Sends one request over a connection of its own, to one of `addresses` and nowhere else: the name is not looked up again.
 * Resolves when the head of the answer is there; `onSocket` gets the connection, for its byte counts.
 */
export function exchange(
  request: OutgoingRequest,
  addresses: readonly string[],
  signal: AbortSignal,
  onSocket: (socket: Socket) => void,
): Promise<IncomingMessage> {
  const { url, body } = request
  const options: RequestOptions = {
    method: request.method,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    headers: wireHeaders(request),
    lookup: pinned(addresses),
    agent: false,
    signal,
  }
  return new Promise((resolve, reject) => {
    const outgoing = url.protocol === 'https:' ? httpsRequest(options) : httpRequest(options)
    outgoing.once('socket', onSocket)
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
    outgoing.end(body ?? undefined)
  })
}

function wireHeaders({ method, url, headers, body }: OutgoingRequest): Record<string, string | string[]> {
  const wire: Record<string, string | string[]> = Object.create(null)
  wire.host = url.host
  wire.accept = '*/*'
  wire['accept-encoding'] = ACCEPTED_ENCODINGS
  wire['user-agent'] = 'OpenZimki'
  for (const [name, values] of headers) wire[name] = values.length === 1 ? (values[0] ?? '') : values
  wire.connection = 'close'
  if (body !== null) wire['content-length'] = String(body.length)
  else if (['POST', 'PUT', 'PATCH'].includes(method)) wire['content-length'] = '0'
  return wire
}

/** Answers every lookup with the addresses that were checked. */
function pinned(addresses: readonly string[]): LookupFunction {
  const entries = addresses
    .slice(0, MAX_ADDRESSES)
    .map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
  return (_host, options, callback) => {
    const [first = { address: '', family: 4 }] = entries
    if (options.all) callback(null, entries)
    else callback(null, first.address, first.family)
  }
}
