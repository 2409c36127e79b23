import type { Blob } from './blob.ts'
import { alreadyUsed, type Body } from './body.ts'
import { readArrayBuffer, readBlob, readBytes, readFormData, readJson, readText } from './consume-body.ts'
import { extractBody } from './extract-body.ts'
import type { FormData } from './form-data.ts'
import { Headers, headersFromList, listOf } from './headers.ts'
import type { ReadableStream } from './streams/readable-stream.ts'
import { URL } from './url/url.ts'
import { requireArguments, toDictionary } from './webidl.ts'

/** What the platform sends. `headers` is the flat list itself, not a copy. */
export interface ResponseParts {
  status: number
  headers: string[]
  body: Body | null
}

/** What comes back from a call to another server. */
export interface FetchedResponse {
  status: number
  statusText: string
  url: string
  redirected: boolean
  headers: string[]
  body: Body | null
}

let partsOf: (response: Response) => ResponseParts
let isResponse: (value: unknown) => value is Response
let fetchedResponse: (parts: FetchedResponse) => Response

const NULL_BODY = [101, 103, 204, 205, 304]
const REDIRECTS = [301, 302, 303, 307, 308]
const BAD_STATUS_TEXT = /[^\t\x20-\x7e\x80-\xff]/

/** https://fetch.spec.whatwg.org/#response-class */
export class Response {
  #status = 200
  #statusText = ''
  #headers: Headers | null = null
  #contentType: string | null = null
  #body: Body | null = null
  #type = 'default'
  #url = ''
  #redirected = false

  constructor(body?: unknown, init?: unknown) {
    if (init !== undefined && init !== null)
      this.#initialize(toDictionary(init, 'Response: the second argument'))
    if (body === undefined || body === null) return
    if (NULL_BODY.includes(this.#status)) {
      throw new TypeError(`Response: a response with status ${this.#status} cannot have a body`)
    }
    const extracted = extractBody(body)
    this.#body = extracted.body
    if (!this.#headers) this.#contentType = extracted.contentType
    else if (extracted.contentType && !this.#headers.has('content-type')) {
      this.#headers.append('content-type', extracted.contentType)
    }
  }

  #initialize({ status, statusText, headers }: Record<string, unknown>): void {
    if (status !== undefined) this.#status = toStatus(status)
    if (statusText !== undefined) this.#statusText = toStatusText(statusText)
    if (headers !== undefined) this.#headers = new Headers(headers)
  }

  static error(): Response {
    const response = new Response()
    response.#type = 'error'
    response.#status = 0
    response.#headers = headersFromList([], true)
    return response
  }

  static json(data: unknown, init?: unknown): Response {
    requireArguments(arguments.length, 1, 'Response.json')
    const text = JSON.stringify(data)
    if (text === undefined) throw new TypeError('Response.json: the value cannot be written as JSON')
    const response = new Response(text, init)
    if (!response.#headers) response.#contentType = 'application/json'
    else if (!new Headers((init as { headers?: unknown }).headers).has('content-type')) {
      response.#headers.set('content-type', 'application/json')
    }
    return response
  }

  static redirect(url: unknown, status: unknown = 302): Response {
    requireArguments(arguments.length, 1, 'Response.redirect')
    const code = Number(status)
    const location = new URL(url).href
    if (!REDIRECTS.includes(code))
      throw new RangeError(`Response.redirect: ${code} is not a status of a redirect`)
    const response = new Response(null, { status: code })
    response.#headers = headersFromList(['location', location], true)
    return response
  }

  get type(): string {
    return this.#type
  }
  get url(): string {
    return this.#url
  }
  get redirected(): boolean {
    return this.#redirected
  }
  get status(): number {
    return this.#status
  }
  get ok(): boolean {
    return this.#status >= 200 && this.#status <= 299
  }
  get statusText(): string {
    return this.#statusText
  }
  get headers(): Headers {
    this.#headers ??= headersFromList(
      this.#contentType === null ? [] : ['content-type', this.#contentType],
      false,
    )
    return this.#headers
  }
  get body(): ReadableStream | null {
    return this.#body ? this.#body.stream : null
  }
  get bodyUsed(): boolean {
    return this.#body?.used ?? false
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

  clone(): Response {
    if (this.#body?.unusable) throw alreadyUsed()
    const copy = new Response()
    copy.#status = this.#status
    copy.#statusText = this.#statusText
    copy.#type = this.#type
    copy.#url = this.#url
    copy.#redirected = this.#redirected
    copy.#contentType = this.#contentType
    copy.#headers = this.#headers && headersFromList([...listOf(this.#headers)], false)
    copy.#body = this.#body?.clone() ?? null
    return copy
  }

  static {
    partsOf = (response) => ({
      status: response.#status,
      headers: response.#headers
        ? listOf(response.#headers)
        : response.#contentType === null
          ? []
          : ['content-type', response.#contentType],
      body: response.#body,
    })
    isResponse = (value): value is Response => typeof value === 'object' && value !== null && #status in value
    fetchedResponse = (parts) => {
      const response = new Response()
      response.#status = parts.status
      response.#statusText = parts.statusText
      response.#url = parts.url
      response.#redirected = parts.redirected
      response.#type = 'basic'
      response.#headers = headersFromList(parts.headers, true)
      response.#body = NULL_BODY.includes(parts.status) ? null : parts.body
      return response
    }
  }
}

function toStatus(value: unknown): number {
  const status = Math.trunc(Number(value))
  if (status >= 200 && status <= 599) return status
  throw new RangeError(`Response: the status must be between 200 and 599, not ${String(value)}`)
}

function toStatusText(value: unknown): string {
  const text = `${value as string}`
  if (BAD_STATUS_TEXT.test(text))
    throw new TypeError('Response: statusText holds a character that it cannot carry')
  return text
}

/** For the platform: what to send; whether a value is a Response at all; a Response around what came back. */
export { fetchedResponse, isResponse, partsOf }
