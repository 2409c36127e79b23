import { parseHost } from './host.ts'
import { percentEncode, USERINFO } from './percent-encode.ts'
import { defaultPort, isSpecial, type UrlRecord } from './url-record.ts'

/**
 * The "authority", "host" and "port" states: `user:password@host:port`. Fills the record; false for failure.
 */
export function parseAuthority(text: string, url: UrlRecord): boolean {
  const at = text.lastIndexOf('@')
  if (at >= 0) {
    parseCredentials(text.slice(0, at), url)
    if (at === text.length - 1) return false
  }
  return parseHostAndPort(text.slice(at + 1), url)
}

function parseCredentials(text: string, url: UrlRecord): void {
  const colon = text.indexOf(':')
  url.username = percentEncode(colon < 0 ? text : text.slice(0, colon), USERINFO)
  url.password = colon < 0 ? '' : percentEncode(text.slice(colon + 1), USERINFO)
}

function parseHostAndPort(text: string, url: UrlRecord): boolean {
  const colon = portColon(text)
  const hostText = colon < 0 ? text : text.slice(0, colon)
  if (hostText === '' && (colon >= 0 || isSpecial(url.scheme))) return false
  const host = hostText === '' ? '' : parseHost(hostText, !isSpecial(url.scheme))
  if (host === null) return false
  url.host = host
  if (colon < 0) return true
  const port = parsePort(text.slice(colon + 1), url.scheme)
  if (port === undefined) return false
  url.port = port
  return true
}

/** Where the port begins: the first colon outside of brackets; -1 for none. */
export function portColon(text: string): number {
  let isInside = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '[') isInside = true
    else if (character === ']') isInside = false
    else if (character === ':' && !isInside) return at
  }
  return -1
}

/** Null for none or the default; undefined for failure. */
export function parsePort(text: string, scheme: string): number | null | undefined {
  if (text === '') return null
  if (!/^[0-9]+$/.test(text)) return undefined
  const port = Number(text)
  if (port > 65_535) return undefined
  return port === defaultPort(scheme) ? null : port
}
