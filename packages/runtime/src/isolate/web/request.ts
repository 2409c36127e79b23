import { AbortSignal, abortSignal, createSignal } from './abort-signal.ts'
import type { Blob } from './blob.ts'
import { alreadyUsed, type Body } from './body.ts'
import { readArrayBuffer, readBlob, readBytes, readFormData, readJson, readText } from './consume-body.ts'
import { extractBody } from './extract-body.ts'
import type { FormData } from './form-data.ts'
import { Headers, headersFromList, listOf } from './headers.ts'
import { readableCoreOf } from './streams/readable-slot.ts'
import type { ReadableStream } from './streams/readable-stream.ts'
import { URL } from './url/url.ts'
import { requireArguments, toDictionary } from './webidl.ts'

/** A request from outside, as it came. Nothing of it is looked at before the program asks. */
export interface IncomingRequest {
  method: string
  /** Absolute. */
  url: string
  /** name, value, name, value ... with names in lower case. */
  headers: string[]
  body: Body | null
}

/** What the platform sends to another server. `headers` is the flat list itself. */
export interface OutgoingRequest extends IncomingRequest {
  redirect: string
  signal: AbortSignal | null
}

let incomingRequest: (incoming: IncomingRequest) => Request
let abortIncoming: (request: Request, reason: unknown) => void
let outgoingOf: (request: Request) => OutgoingRequest

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const NORMALIZED = /^(?:delete|get|head|options|post|put)$/i
/** URLs that are certainly written as the URL parser would write them. */
const CANONICAL =
  /^https?:\/\/(?!.*%2[eE])[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*(?::(?!80\/|443\/)[1-9]\d{0,3})?\/[\w!$&'()*+,;=:@~%/-]*(?:\?[\w!$&()*+,;=:@~%/?.-]*)?$/

/** https://fetch.spec.whatwg.org/#request-class */
export class Request {
  #incoming: IncomingRequest | null = null
  #method = 'GET'
  #url = ''
  #headers: Headers | null = null
  #body: Body | null = null
  #signal: AbortSignal | null = null
  #options: Record<string, string | boolean> = {}

  constructor(input: unknown, init?: unknown) {
    if (input === INCOMING) return
    requireArguments(arguments.length, 1, 'Request')
    const options = toDictionary(init, 'Request: the second argument')
    const source = input instanceof Request ? input : null
    if (source) this.#copyFrom(source)
    else this.#url = toUrl(input)
    if (options.method !== undefined) this.#method = toMethod(options.method)
    if (options.headers !== undefined) this.#headers = new Headers(options.headers)
    this.#setOptions(options)
    this.#setBody(options, source)
    this.#follow(options.signal === undefined ? source?.signal : options.signal)
  }

  #copyFrom(source: Request): void {
    this.#method = source.method
    this.#url = source.url
    this.#headers = headersFromList([...listOf(source.headers)], false)
    this.#options = { ...source.#options }
  }

  #setOptions(options: Record<string, unknown>): void {
    for (const [name, allowed] of Object.entries(OPTIONS)) {
      const value = options[name]
      if (value === undefined) continue
      const text = `${value as string}`
      if (allowed && !allowed.includes(text)) throw new TypeError(`Request: ${name} cannot be "${text}"`)
      this.#options[name] = text
    }
    if (options.keepalive !== undefined) this.#options.keepalive = Boolean(options.keepalive)
  }

  #setBody(options: Record<string, unknown>, source: Request | null): void {
    const given = options.body
    if (given === undefined || given === null) {
      const inherited = source ? source.#body : null
      if (!inherited) return
      this.#refuseBody()
      this.#body = inherited.move()
      return
    }
    this.#refuseBody()
    if (readableCoreOf(given) && options.duplex !== 'half') {
      throw new TypeError('Request: a body that is a stream needs the option duplex: "half"')
    }
    const { body, contentType } = extractBody(given)
    this.#body = body
    if (contentType && !this.headers.has('content-type')) this.headers.append('content-type', contentType)
  }

  #refuseBody(): void {
    if (this.#method !== 'GET' && this.#method !== 'HEAD') return
    throw new TypeError(`Request: a request with method ${this.#method} cannot have a body`)
  }

  #follow(signal: unknown): void {
    if (signal === undefined || signal === null) return
    if (!(signal instanceof AbortSignal)) throw new TypeError('Request: signal must be an AbortSignal')
    this.#signal = AbortSignal.any([signal])
  }

  get method(): string {
    return this.#method
  }
  get url(): string {
    if (this.#url === '' && this.#incoming) {
      const { url } = this.#incoming
      this.#url = CANONICAL.test(url) ? url : toUrl(url)
    }
    return this.#url
  }
  get headers(): Headers {
    this.#headers ??= headersFromList(this.#incoming?.headers ?? [], this.#incoming !== null)
    return this.#headers
  }
  get body(): ReadableStream | null {
    return this.#body ? this.#body.stream : null
  }
  get bodyUsed(): boolean {
    return this.#body?.used ?? false
  }
  get signal(): AbortSignal {
    this.#signal ??= createSignal()
    return this.#signal
  }
  get cache(): string {
    return this.#option('cache', 'default')
  }
  get credentials(): string {
    return this.#option('credentials', 'same-origin')
  }
  get destination(): string {
    return ''
  }
  get duplex(): string {
    return 'half'
  }
  get integrity(): string {
    return this.#option('integrity', '')
  }
  get keepalive(): boolean {
    return Boolean(this.#options.keepalive)
  }
  get mode(): string {
    return this.#option('mode', 'cors')
  }
  get redirect(): string {
    return this.#option('redirect', 'follow')
  }
  get referrer(): string {
    return this.#option('referrer', 'about:client')
  }
  get referrerPolicy(): string {
    return this.#option('referrerPolicy', '')
  }

  #option(name: string, fallback: string): string {
    return (this.#options[name] as string | undefined) ?? fallback
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return readArrayBuffer(this.#body)
  }
  blob(): Promise<Blob> {
    return readBlob(this.#body, this.headers.get('content-type'))
  }
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.#body)
  }
  formData(): Promise<FormData> {
    return readFormData(this.#body, this.headers.get('content-type'))
  }
  json(): Promise<unknown> {
    return readJson(this.#body)
  }
  text(): Promise<string> {
    return readText(this.#body)
  }

  clone(): Request {
    if (this.#body?.unusable) throw alreadyUsed()
    const copy = new Request(INCOMING)
    copy.#method = this.#method
    copy.#url = this.url
    copy.#headers = headersFromList([...listOf(this.headers)], this.#incoming !== null)
    copy.#options = { ...this.#options }
    copy.#body = this.#body?.clone() ?? null
    copy.#signal = AbortSignal.any([this.signal])
    return copy
  }

  static {
    incomingRequest = (incoming) => {
      const request = new Request(INCOMING)
      request.#incoming = incoming
      request.#method = incoming.method
      request.#body = incoming.body
      return request
    }
    abortIncoming = (request, reason) => abortSignal(request.signal, reason)
    outgoingOf = (request) => ({
      method: request.method,
      url: request.url,
      headers: listOf(request.headers),
      body: request.#body,
      redirect: request.redirect,
      signal: request.#signal,
    })
  }
}

/** The platform's way past the constructor. */
const INCOMING = Symbol('incoming')

/** Options that are kept as text, with the values allowed where there are only a few. */
const OPTIONS: Record<string, string[] | null> = {
  cache: ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'],
  credentials: ['omit', 'same-origin', 'include'],
  integrity: null,
  mode: ['same-origin', 'no-cors', 'cors'],
  redirect: ['follow', 'error', 'manual'],
  referrer: null,
  referrerPolicy: null,
}

function toUrl(input: unknown): string {
  const url = new URL(input)
  if (url.username !== '' || url.password !== '') {
    throw new TypeError(
      'Request: the URL holds a user name or password; send an Authorization header instead',
    )
  }
  return url.href
}

function toMethod(value: unknown): string {
  const method = `${value as string}`
  if (!TOKEN.test(method)) throw new TypeError(`Request: ${JSON.stringify(method)} is not a valid method`)
  if (/^(?:connect|trace|track)$/i.test(method))
    throw new TypeError(`Request: the method ${method} is not allowed`)
  return NORMALIZED.test(method) ? method.toUpperCase() : method
}

/** For the platform: a Request around what came in; its abortion; what a Request asks another server. */
export { abortIncoming, incomingRequest, outgoingOf }
