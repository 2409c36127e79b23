import { SUMMARY } from '../inspect.ts'
import { requireArguments, toUSVString } from '../webidl.ts'
import { parseUrl } from './parse-url.ts'
import { serializeHost, serializePath, serializeUrl, type UrlRecord } from './url-record.ts'
import { attachParams, refillParams, URLSearchParams } from './url-search-params.ts'
import {
  setHash,
  setHost,
  setPassword,
  setPathname,
  setPort,
  setProtocol,
  setSearch,
  setUsername,
} from './url-setters.ts'

/** https://url.spec.whatwg.org/#url-class */
export class URL {
  #record: UrlRecord
  #params: URLSearchParams | null = null

  constructor(url: unknown, base?: unknown) {
    requireArguments(arguments.length, 1, 'URL')
    this.#record = parse(url, base) ?? invalid(url, base)
  }

  static canParse(url: unknown, base?: unknown): boolean {
    requireArguments(arguments.length, 1, 'URL.canParse')
    return parse(url, base) !== null
  }

  static parse(url: unknown, base?: unknown): URL | null {
    requireArguments(arguments.length, 1, 'URL.parse')
    const record = parse(url, base)
    if (!record) return null
    const made = new URL('about:blank')
    made.#record = record
    return made
  }

  get href(): string {
    return serializeUrl(this.#record)
  }
  set href(value: string) {
    this.#record = parse(value, undefined) ?? invalid(value, undefined)
    this.#refill()
  }

  get origin(): string {
    const { scheme, path } = this.#record
    if (scheme === 'blob' && typeof path === 'string') {
      const inner = parseUrl(path, null)
      return inner && /^https?$/.test(inner.scheme) ? originOf(inner) : 'null'
    }
    return /^(?:https?|wss?|ftp)$/.test(scheme) ? originOf(this.#record) : 'null'
  }

  get protocol(): string {
    return `${this.#record.scheme}:`
  }
  set protocol(value: string) {
    setProtocol(this.#record, toUSVString(value))
  }

  get username(): string {
    return this.#record.username
  }
  set username(value: string) {
    setUsername(this.#record, toUSVString(value))
  }

  get password(): string {
    return this.#record.password
  }
  set password(value: string) {
    setPassword(this.#record, toUSVString(value))
  }

  get host(): string {
    return serializeHost(this.#record)
  }
  set host(value: string) {
    setHost(this.#record, toUSVString(value), false)
  }

  get hostname(): string {
    return this.#record.host ?? ''
  }
  set hostname(value: string) {
    setHost(this.#record, toUSVString(value), true)
  }

  get port(): string {
    return this.#record.port === null ? '' : `${this.#record.port}`
  }
  set port(value: string) {
    setPort(this.#record, toUSVString(value))
  }

  get pathname(): string {
    return serializePath(this.#record)
  }
  set pathname(value: string) {
    setPathname(this.#record, toUSVString(value))
  }

  get search(): string {
    return this.#record.query ? `?${this.#record.query}` : ''
  }
  set search(value: string) {
    setSearch(this.#record, toUSVString(value))
    this.#refill()
  }

  get searchParams(): URLSearchParams {
    if (this.#params) return this.#params
    this.#params = new URLSearchParams(this.#record.query ?? '')
    this.#refill()
    attachParams(this.#params, (query) => {
      this.#record.query = query === '' ? null : query
    })
    return this.#params
  }

  get hash(): string {
    return this.#record.fragment ? `#${this.#record.fragment}` : ''
  }
  set hash(value: string) {
    setHash(this.#record, toUSVString(value))
  }

  toString(): string {
    return this.href
  }

  toJSON(): string {
    return this.href
  }

  [SUMMARY](): string {
    return `URL { ${this.href} }`
  }

  #refill(): void {
    if (this.#params) refillParams(this.#params, this.#record.query ?? '')
  }
}

const originOf = (record: UrlRecord): string => `${record.scheme}://${serializeHost(record)}`

function parse(url: unknown, base: unknown): UrlRecord | null {
  const text = toUSVString(url)
  if (base === undefined) return parseUrl(text, null)
  const baseRecord = parseUrl(toUSVString(base), null)
  return baseRecord && parseUrl(text, baseRecord)
}

function invalid(url: unknown, base: unknown): never {
  const against = base === undefined ? '' : ` with base ${JSON.stringify(toUSVString(base))}`
  const error = new TypeError(`Invalid URL: ${JSON.stringify(toUSVString(url))}${against}`)
  Object.defineProperty(error, 'code', { value: 'ERR_INVALID_URL', configurable: true, writable: true })
  throw error
}
