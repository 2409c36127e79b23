import type { ServerResponse } from 'node:http'
import { PlatformError, type ResponseHead } from '@openzimki/core'
import { safeHeaders } from './cell-answer.ts'
import type { CookieScope } from './set-cookie.ts'

/** Up to this size head and body leave as one string, which is one write instead of two. */
const ONE_WRITE_BYTES = 4 * 1024

/**
 * Writes the answer of a cell to the client. The framing is ours: a body that is whole gets its length; one that is announced
 * must keep its word, or the connection ends, because a byte too many would be read as the start of the next answer.
 */
export class AnswerWriter {
  readonly #response: ServerResponse
  readonly #scope: CookieScope
  readonly #method: string
  readonly #maxBytes: number
  #announced: number | null = null
  #bytes = 0
  #bodyless = false

  constructor(response: ServerResponse, method: string, scope: CookieScope, maxBytes: number) {
    this.#response = response
    this.#method = method
    this.#scope = scope
    this.#maxBytes = maxBytes
  }

  /** Head and body in one. Throws LIMIT_EXCEEDED, and has written nothing, when the body is too large. */
  whole(head: ResponseHead, body: Uint8Array | null): void {
    const size = body === null ? 0 : body.length
    if (size > this.#maxBytes) throw tooLarge()
    const { safe, announced } = safeHeaders(head.headers, this.#scope)
    const length = this.#method === 'HEAD' && size === 0 ? announced : size
    if (!isBodyless(head.status) && length !== null) safe.push('content-length', String(length))
    this.#response.writeHead(head.status, safe)
    if (body === null || size === 0) this.#response.end()
    else if (size > ONE_WRITE_BYTES) this.#response.end(body)
    else this.#response.end(Buffer.from(body.buffer, body.byteOffset, size).toString('latin1'), 'latin1')
  }

  /** The head of an answer whose body follows. */
  begin(head: ResponseHead): void {
    const { safe, announced } = safeHeaders(head.headers, this.#scope)
    this.#bodyless = isBodyless(head.status) || this.#method === 'HEAD'
    if (!this.#bodyless) this.#announced = announced
    if (announced !== null && !isBodyless(head.status)) safe.push('content-length', String(announced))
    this.#response.writeHead(head.status, safe)
    this.#response.flushHeaders()
  }

  /** False: wait for the response's `drain`. Throws when the body is too large or larger than announced. */
  chunk(bytes: Uint8Array): boolean {
    if (this.#bodyless) return true
    this.#bytes += bytes.length
    if (this.#bytes > this.#maxBytes) throw tooLarge()
    if (this.#announced !== null && this.#bytes > this.#announced) throw brokenPromise()
    return this.#response.write(bytes)
  }

  /** Throws when the body was announced to be longer. */
  end(): void {
    if (this.#announced !== null && this.#bytes !== this.#announced) throw brokenPromise()
    this.#response.end()
  }
}

const isBodyless = (status: number): boolean => status === 204 || status === 304

const tooLarge = (): PlatformError =>
  new PlatformError('LIMIT_EXCEEDED', "The answer is larger than the application's limit (responseBytes).", {
    details: { limit: 'responseBytes' },
  })

const brokenPromise = (): PlatformError =>
  new PlatformError('PROTOCOL', 'the cell sent another length of body than it announced')
