import { promiseReject, promiseThen } from '../primordials.ts'
import type { ReadableCore, ReaderLink } from './readable-core.ts'
import { type ReadResult, readOnce, released } from './readable-reader.ts'
import { readableCoreOf } from './readable-slot.ts'

/**
 * https://streams.spec.whatwg.org/#byob-reader-class in its first form: what was queued is copied into the view that is
 * given, and what does not fit stays first in the queue.
 */
export class ReadableStreamBYOBReader {
  #core: ReadableCore | null
  readonly #link: ReaderLink

  constructor(stream: unknown) {
    const core = readableCoreOf(stream)
    if (!core) throw new TypeError('ReadableStreamBYOBReader: the argument must be a ReadableStream')
    if (!core.isByteStream) {
      throw new TypeError('ReadableStreamBYOBReader: only a stream of type "bytes" can be read so')
    }
    this.#link = core.lock()
    this.#core = core
  }

  get closed(): Promise<undefined> {
    return this.#link.closed.promise
  }

  cancel(reason?: unknown): Promise<undefined> {
    return this.#core ? this.#core.cancel(reason) : promiseReject(released())
  }

  read(view: ArrayBufferView<ArrayBuffer>): Promise<ReadResult> {
    const core = this.#core
    if (!core) return promiseReject(released())
    if (!ArrayBuffer.isView(view) || view.byteLength === 0) {
      return promiseReject(new TypeError('read: the argument must be a view that is not empty'))
    }
    const { byteOffset, byteLength } = view
    const kind = view.constructor as new (
      buffer: ArrayBuffer,
      offset: number,
      length: number,
    ) => ArrayBufferView
    const width = (kind as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1
    const buffer = view.buffer.transfer()
    return promiseThen(readOnce(core), ({ done, value }: ReadResult) => {
      const length = done
        ? 0
        : fill(core, new Uint8Array(buffer, byteOffset, byteLength), value as Uint8Array)
      return { done, value: new kind(buffer, byteOffset, Math.floor(length / width)) }
    }) as Promise<ReadResult>
  }

  releaseLock(): void {
    this.#core?.unlock()
    this.#core = null
  }
}

function fill(core: ReadableCore, target: Uint8Array, chunk: Uint8Array): number {
  const length = Math.min(target.length, chunk.length)
  target.set(chunk.subarray(0, length))
  if (length < chunk.length) core.queue.unshift(chunk.subarray(length), chunk.length - length)
  return length
}
