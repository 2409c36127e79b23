import { trim } from '../trim.ts'
import { parseHost } from './host.ts'
import { parseAuthority } from './parse-authority.ts'
import {
  isDriveLetter,
  isNormalizedDriveLetter,
  parsePath,
  parsePathStart,
  shorten,
  startsWithDriveLetter,
} from './parse-path.ts'
import { C0_CONTROL, FRAGMENT, percentEncode, QUERY, SPECIAL_QUERY } from './percent-encode.ts'
import { isSpecial, type UrlRecord } from './url-record.ts'

const SCHEME = /^([A-Za-z][A-Za-z0-9+\-.]*):/

/** The input taken apart at its first `#` and the first `?` before it; neither means anything else anywhere. */
interface Parts {
  rest: string
  query: string | null
  fragment: string | null
}

/**
 * https://url.spec.whatwg.org/#concept-basic-url-parser without state override; null for failure. The state machine of
 * the standard is written as functions, one for each place it can start from.
 */
export function parseUrl(input: string, base: UrlRecord | null): UrlRecord | null {
  let text = trim(input, isControlOrSpace)
  if (/[\t\n\r]/.test(text)) text = text.replace(/[\t\n\r]/g, '')
  const scheme = SCHEME.exec(text)?.[1]
  const parts = takeApart(scheme === undefined ? text : text.slice(scheme.length + 1))
  const url =
    scheme === undefined ? parseRelative(parts, base) : parseAbsolute(scheme.toLowerCase(), parts, base)
  if (!url) return null
  if (parts.query !== null) url.query = encodeQuery(parts.query, url.scheme)
  url.fragment = parts.fragment === null ? null : percentEncode(parts.fragment, FRAGMENT)
  return url
}

const isControlOrSpace = (unit: number): boolean => unit <= 0x20

export const encodeQuery = (query: string, scheme: string): string =>
  percentEncode(query, isSpecial(scheme) ? SPECIAL_QUERY : QUERY)

function takeApart(text: string): Parts {
  const hash = text.indexOf('#')
  const before = hash < 0 ? text : text.slice(0, hash)
  const mark = before.indexOf('?')
  return {
    rest: mark < 0 ? before : before.slice(0, mark),
    query: mark < 0 ? null : before.slice(mark + 1),
    fragment: hash < 0 ? null : text.slice(hash + 1),
  }
}

const emptyUrl = (scheme: string): UrlRecord => ({
  scheme,
  username: '',
  password: '',
  host: null,
  port: null,
  path: [],
  query: null,
  fragment: null,
})

function parseAbsolute(scheme: string, parts: Parts, base: UrlRecord | null): UrlRecord | null {
  const { rest } = parts
  if (scheme === 'file') return parseFile(parts, base?.scheme === 'file' ? base : null)
  if (isSpecial(scheme)) {
    if (base?.scheme === scheme && !rest.startsWith('//')) return parseAgainst(parts, base)
    return parseWithAuthority(scheme, rest.replace(/^[/\\]+/, ''))
  }
  if (rest.startsWith('//')) return parseWithAuthority(scheme, rest.slice(2))
  const url = emptyUrl(scheme)
  if (rest.startsWith('/')) url.path = parsePath(rest.slice(1), scheme, [])
  else url.path = opaquePath(parts)
  return url
}

/** Spaces before a `?` or `#` would be lost when the URL is read again, so the last one is encoded. */
function opaquePath({ rest, query, fragment }: Parts): string {
  const path = percentEncode(rest, C0_CONTROL)
  return path.endsWith(' ') && (query !== null || fragment !== null) ? `${path.slice(0, -1)}%20` : path
}

function parseRelative(parts: Parts, base: UrlRecord | null): UrlRecord | null {
  if (!base) return null
  if (typeof base.path === 'string') {
    const isFragmentOnly = parts.rest === '' && parts.query === null && parts.fragment !== null
    return isFragmentOnly ? { ...base } : null
  }
  return base.scheme === 'file' ? parseFile(parts, base) : parseAgainst(parts, base)
}

/** `text` follows the slashes: `authority/path`. */
function parseWithAuthority(scheme: string, text: string): UrlRecord | null {
  const url = emptyUrl(scheme)
  const end = text.search(isSpecial(scheme) ? /[/\\]/ : /\//)
  const authority = end < 0 ? text : text.slice(0, end)
  if (!parseAuthority(authority, url)) return null
  url.path = parsePathStart(text.slice(authority.length), scheme)
  return url
}

/** The "relative state". */
function parseAgainst({ rest, query }: Parts, base: UrlRecord): UrlRecord | null {
  const isSlash = (character: string | undefined): boolean =>
    character === '/' || (character === '\\' && isSpecial(base.scheme))
  const isAbsolute = isSlash(rest[0])
  if (isAbsolute && isSlash(rest[1])) {
    return parseWithAuthority(
      base.scheme,
      isSpecial(base.scheme) ? rest.replace(/^[/\\]+/, '') : rest.slice(2),
    )
  }
  const url: UrlRecord = { ...base, query: null, path: [] }
  if (isAbsolute) url.path = parsePath(rest.slice(1), url.scheme, [])
  else inheritPath(url, rest, query, base)
  return url
}

/** A relative path starts from the base's folder; an empty one keeps the base's path, and its query too if none is given. */
function inheritPath(url: UrlRecord, rest: string, query: string | null, base: UrlRecord): void {
  const path = [...base.path]
  if (rest !== '') {
    shorten(path, url.scheme)
    parsePath(rest, url.scheme, path)
  } else if (query === null) url.query = base.query
  url.path = path
}

const isFileSlash = (character: string | undefined): boolean => character === '/' || character === '\\'

/** The "file state"; `base` is given only where it is a file URL too. */
function parseFile({ rest, query }: Parts, base: UrlRecord | null): UrlRecord | null {
  const url: UrlRecord = { ...emptyUrl('file'), host: '' }
  if (isFileSlash(rest[0])) {
    return isFileSlash(rest[1]) ? parseFileHost(rest.slice(2), url) : parseFileSlash(rest.slice(1), url, base)
  }
  if (!base) {
    url.path = parsePath(rest, 'file', [])
    return url
  }
  url.host = base.host
  if (startsWithDriveLetter(rest)) url.path = parsePath(rest, 'file', [])
  else inheritPath(url, rest, query, base)
  return url
}

function parseFileSlash(rest: string, url: UrlRecord, base: UrlRecord | null): UrlRecord {
  const path: string[] = []
  if (base) {
    url.host = base.host
    const [first] = base.path
    if (!startsWithDriveLetter(rest) && isNormalizedDriveLetter(first)) path.push(first!)
  }
  url.path = parsePath(rest, 'file', path)
  return url
}

function parseFileHost(rest: string, url: UrlRecord): UrlRecord | null {
  const end = rest.search(/[/\\]/)
  const text = end < 0 ? rest : rest.slice(0, end)
  if (isDriveLetter(text)) {
    url.path = parsePath(rest, 'file', [])
    return url
  }
  const host = text === '' ? '' : parseHost(text, false)
  if (host === null) return null
  url.host = host === 'localhost' ? '' : host
  url.path = parsePathStart(rest.slice(text.length), 'file')
  return url
}
