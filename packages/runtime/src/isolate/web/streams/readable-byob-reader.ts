import { promiseReject, promiseWithResolvers } from '../primordials.ts'
import type { ReadableCore, ReaderLink } from './readable-core.ts'
import { type ReadResult, released } from './readable-reader.ts'
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
    return readInto(core, view)
  }

  releaseLock(): void {
    this.#core?.unlock()
    this.#core = null
  }
}

function readInto(core: ReadableCore, view: ArrayBufferView<ArrayBuffer>): Promise<ReadResult> {
  const { byteOffset, byteLength } = view
  const kind = view.constructor as ViewConstructor
  const width = kind.BYTES_PER_ELEMENT ?? 1
  const buffer = view.buffer.transfer()
  const { promise, resolve, reject } = promiseWithResolvers<ReadResult>()
  const finish = (done: boolean, length: number): void =>
    resolve({ done, value: new kind(buffer, byteOffset, Math.floor(length / width)) })
  splitFront(core, byteLength)
  core.read({
    onChunk: (chunk) =>
      finish(false, fill(core, new Uint8Array(buffer, byteOffset, byteLength), chunk as Uint8Array)),
    onClose: () => finish(true, 0),
    onError: reject,
  })
  return promise
}

interface ViewConstructor {
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayBufferView
  BYTES_PER_ELEMENT?: number
}

/** Makes the first chunk no longer than what is asked for, so that the queue is not empty as long as some of it is left. */
function splitFront({ queue }: ReadableCore, length: number): void {
  if (queue.isEmpty || (queue.peek() as Uint8Array).length <= length) return
  const chunk = queue.shift() as Uint8Array
  queue.unshift(chunk.subarray(length), chunk.length - length)
  queue.unshift(chunk.subarray(0, length), length)
}

/** Copies what fits; the rest of a chunk that never was in the queue goes there. */
function fill(core: ReadableCore, target: Uint8Array, chunk: Uint8Array): number {
  const length = Math.min(target.length, chunk.length)
  target.set(chunk.subarray(0, length))
  if (length < chunk.length) core.queue.unshift(chunk.subarray(length), chunk.length - length)
  return length
}
