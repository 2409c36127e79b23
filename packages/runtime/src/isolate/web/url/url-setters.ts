import { parseHost } from './host.ts'
import { parsePort, portColon } from './parse-authority.ts'
import { parsePathStart } from './parse-path.ts'
import { encodeQuery } from './parse-url.ts'
import { FRAGMENT, percentEncode, USERINFO } from './percent-encode.ts'
import { cannotHaveCredentials, defaultPort, isSpecial, type UrlRecord } from './url-record.ts'

/*
 * The setters of https://url.spec.whatwg.org/#api: each is the basic URL parser with a state override, which ignores what
 * it cannot use. They change the record in place.
 */

const withoutTabs = (text: string): string => text.replace(/[\t\n\r]/g, '')

export function setProtocol(url: UrlRecord, value: string): void {
  const scheme = /^([a-z][a-z0-9+\-.]*)(?::|$)/.exec(withoutTabs(value).toLowerCase())?.[1]
  if (scheme === undefined || isSpecial(scheme) !== isSpecial(url.scheme)) return
  const hasCredentials = url.username !== '' || url.password !== '' || url.port !== null
  if (scheme === 'file' && hasCredentials) return
  if (url.scheme === 'file' && !url.host) return
  url.scheme = scheme
  if (url.port === defaultPort(scheme)) url.port = null
}

export function setUsername(url: UrlRecord, value: string): void {
  if (!cannotHaveCredentials(url)) url.username = percentEncode(value, USERINFO)
}

export function setPassword(url: UrlRecord, value: string): void {
  if (!cannotHaveCredentials(url)) url.password = percentEncode(value, USERINFO)
}

/** `host` takes a port along, `hostname` is left alone by a value that has one. */
export function setHost(url: UrlRecord, value: string, isHostname: boolean): void {
  if (typeof url.path === 'string') return
  const text = hostPart(withoutTabs(value), url.scheme)
  if (url.scheme === 'file') {
    setFileHost(url, text)
    return
  }
  const colon = portColon(text)
  if (colon >= 0 && (isHostname || colon === 0)) return
  const hostText = colon < 0 ? text : text.slice(0, colon)
  if (!applyHost(url, hostText) || colon < 0) return
  setPort(url, text.slice(colon + 1) || 'none')
}

function hostPart(text: string, scheme: string): string {
  const end = text.search(isSpecial(scheme) ? /[/\\?#]/ : /[/?#]/)
  return end < 0 ? text : text.slice(0, end)
}

function setFileHost(url: UrlRecord, text: string): void {
  const host = text === '' ? '' : parseHost(text, false)
  if (host !== null) url.host = host === 'localhost' ? '' : host
}

function applyHost(url: UrlRecord, text: string): boolean {
  if (text === '') {
    const needsHost = url.username !== '' || url.password !== '' || url.port !== null
    if (isSpecial(url.scheme) || needsHost) return false
    url.host = ''
    return true
  }
  const host = parseHost(text, !isSpecial(url.scheme))
  if (host === null) return false
  url.host = host
  return true
}

export function setPort(url: UrlRecord, value: string): void {
  if (cannotHaveCredentials(url)) return
  if (value === '') {
    url.port = null
    return
  }
  const digits = /^[0-9]+/.exec(withoutTabs(value))?.[0]
  const port = digits === undefined ? undefined : parsePort(digits, url.scheme)
  if (port !== undefined) url.port = port
}

export function setPathname(url: UrlRecord, value: string): void {
  if (typeof url.path === 'string') return
  const path = parsePathStart(withoutTabs(value).replace(/[?#]/g, encodeMark), url.scheme)
  url.path = path.length === 0 && url.host === null ? [''] : path
}

const encodeMark = (mark: string): string => (mark === '?' ? '%3F' : '%23')

export function setSearch(url: UrlRecord, value: string): void {
  if (value === '') {
    url.query = null
    return
  }
  const text = withoutTabs(value)
  url.query = encodeQuery((text.startsWith('?') ? text.slice(1) : text).replaceAll('#', '%23'), url.scheme)
}

export function setHash(url: UrlRecord, value: string): void {
  if (value === '') {
    url.fragment = null
    return
  }
  const text = withoutTabs(value)
  url.fragment = percentEncode(text.startsWith('#') ? text.slice(1) : text, FRAGMENT)
}
