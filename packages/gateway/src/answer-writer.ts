import type { ServerResponse } from 'node:http'
import { PlatformError } from '@openzimki/core'
import type { SafeAnswer } from './answer-reader.ts'

/** Up to this size head and body leave as one string, which is one write instead of two. */
const ONE_WRITE_BYTES = 4 * 1024

/**
 * Writes the answer of a cell to the client. The framing is ours: a body that is whole gets its length; one that is announced
 * must keep its word, or the connection ends, because a byte too many would be read as the start of the next answer.
 */
export class AnswerWriter {
  readonly #response: ServerResponse
  readonly #method: string
  readonly #maxBytes: number
  #announced: number | null = null
  #bytes = 0
  #bodyless = false

  constructor(response: ServerResponse, method: string, maxBytes: number) {
    this.#response = response
    this.#method = method
    this.#maxBytes = maxBytes
  }

  /** Head and body in one. Throws LIMIT_EXCEEDED, and has written nothing, when the body is too large. */
  whole({ status, headers, announced }: SafeAnswer, body: Uint8Array | null): void {
    const size = body === null ? 0 : body.length
    if (size > this.#maxBytes) throw tooLarge()
    const length = this.#method === 'HEAD' && size === 0 ? announced : size
    this.#response.writeHead(status, framed(status, headers, length))
    if (body === null || size === 0) this.#response.end()
    else if (size > ONE_WRITE_BYTES) this.#response.end(body)
    else this.#response.end(Buffer.from(body.buffer, body.byteOffset, size).toString('latin1'), 'latin1')
  }

  /** The head of an answer whose body follows. */
  begin({ status, headers, announced }: SafeAnswer): void {
    this.#bodyless = isBodyless(status) || this.#method === 'HEAD'
    if (!this.#bodyless) this.#announced = announced
    this.#response.writeHead(status, framed(status, headers, announced))
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

/** With the length, where an answer of this status has one and it is known. */
function framed(status: number, headers: readonly string[], length: number | null): string[] {
  if (length === null || isBodyless(status)) return [...headers]
  return [...headers, 'content-length', String(length)]
}

const isBodyless = (status: number): boolean => status === 204 || status === 304

const tooLarge = (): PlatformError =>
  new PlatformError('LIMIT_EXCEEDED', "The answer is larger than the application's limit (responseBytes).", {
    details: { limit: 'responseBytes' },
  })

const brokenPromise = (): PlatformError =>
  new PlatformError('PROTOCOL', 'the cell sent another length of body than it announced')
