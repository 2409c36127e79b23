import { bytesOf } from '../bytes.ts'
import { TextDecoder } from '../text-decoder.ts'
import { encodeUtf8 } from '../utf8.ts'
import type { ReadableStream } from './readable-stream.ts'
import { TransformStream, type TransformStreamDefaultController } from './transform-stream.ts'
import type { WritableStream } from './writable-stream.ts'

/** https://encoding.spec.whatwg.org/#interface-textencoderstream */
export class TextEncoderStream {
  readonly #pair: TransformStream
  /** A first half of a surrogate pair whose second half may come with the next chunk. */
  #high = ''

  constructor() {
    this.#pair = new TransformStream({
      transform: (chunk: unknown, controller: TransformStreamDefaultController) => {
        const text = `${this.#high}${chunk as string}`
        const isSplit = /[\ud800-\udbff]$/.test(text)
        this.#high = isSplit ? text.slice(-1) : ''
        const whole = isSplit ? text.slice(0, -1) : text
        if (whole !== '') controller.enqueue(encodeUtf8(whole))
      },
      flush: (controller: TransformStreamDefaultController) => {
        if (this.#high !== '') controller.enqueue(encodeUtf8('\uFFFD'))
      },
    })
  }

  get encoding(): string {
    return 'utf-8'
  }

  get readable(): ReadableStream {
    return this.#pair.readable
  }

  get writable(): WritableStream {
    return this.#pair.writable
  }
}

/** https://encoding.spec.whatwg.org/#interface-textdecoderstream */
export class TextDecoderStream {
  readonly #pair: TransformStream
  readonly #decoder: TextDecoder

  constructor(label: unknown = 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean }) {
    const decoder = new TextDecoder(label, options)
    this.#decoder = decoder
    this.#pair = new TransformStream({
      transform: (chunk: unknown, controller: TransformStreamDefaultController) => {
        const bytes = bytesOf(chunk)
        if (!bytes) throw new TypeError('TextDecoderStream: a chunk must be an ArrayBuffer or a view of one')
        const text = decoder.decode(bytes, { stream: true })
        if (text !== '') controller.enqueue(text)
      },
      flush: (controller: TransformStreamDefaultController) => {
        const text = decoder.decode()
        if (text !== '') controller.enqueue(text)
      },
    })
  }

  get encoding(): string {
    return this.#decoder.encoding
  }

  get fatal(): boolean {
    return this.#decoder.fatal
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM
  }

  get readable(): ReadableStream {
    return this.#pair.readable
  }

  get writable(): WritableStream {
    return this.#pair.writable
  }
}
