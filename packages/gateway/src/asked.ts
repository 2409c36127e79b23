import type { IncomingMessage } from 'node:http'
import type { ClientHeaders } from './client-headers.ts'
import type { Entry } from './find-entry.ts'
import type { RequestTarget } from './request-target.ts'

/** A request to a realm, with all that the gateway has found out about it. */
export interface Asked {
  entry: Entry
  id: string
  method: string
  /** Absolute, as the client sees it. */
  url: string
  /** name, value, ... for the cell. */
  headers: string[]
  /** Address of the client. */
  remote: string
  /** A body follows the head. */
  hasBody: boolean
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue: boolean
  accept: string
}

/** `trusted`: what the headers say of a proxy is true. */
export function askedOf(
  request: IncomingMessage,
  id: string,
  entry: Entry,
  target: RequestTarget,
  headers: ClientHeaders,
  trusted: boolean,
  expectsContinue: boolean,
): Asked {
  const peer = request.socket.remoteAddress ?? ''
  const scheme = trusted && /^https$/i.test(headers.forwardedProto.trim()) ? 'https' : 'http'
  const { authority, path, query } = target
  return {
    entry,
    id,
    method: request.method ?? 'GET',
    url: `${scheme}://${authority}${path}${query}`,
    headers: authority === headers.host ? headers.forCell : withHost(headers.forCell, authority),
    remote: trusted ? lastAddress(headers.forwardedFor, peer) : peer,
    hasBody: headers.chunked || (headers.contentLength ?? 0) > 0,
    expectsContinue,
    accept: headers.accept,
  }
}

/** The request line named another host than the header did, and it is the one that counts. */
function withHost(headers: readonly string[], authority: string): string[] {
  return headers.map((item, index) => (index % 2 === 1 && headers[index - 1] === 'host' ? authority : item))
}

/** Whom a trusted proxy says it speaks for: the last one in the list, which it added itself. */
function lastAddress(forwardedFor: string, peer: string): string {
  const last = forwardedFor.slice(forwardedFor.lastIndexOf(',') + 1).trim()
  return last === '' ? peer : last
}
