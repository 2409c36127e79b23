import { promiseReject, promiseWithResolvers } from '../primordials.ts'
import type { ReadableCore, ReaderLink, ReadRequest } from './readable-core.ts'
import { readableCoreOf } from './readable-slot.ts'

export type ReadResult = { done: boolean; value: unknown }

/** https://streams.spec.whatwg.org/#default-reader-class */
export class ReadableStreamDefaultReader {
  #core: ReadableCore | null
  readonly #link: ReaderLink

  constructor(stream: unknown) {
    const core = readableCoreOf(stream)
    if (!core) throw new TypeError('ReadableStreamDefaultReader: the argument must be a ReadableStream')
    this.#link = core.lock()
    this.#core = core
  }

  get closed(): Promise<undefined> {
    return this.#link.closed.promise
  }

  cancel(reason?: unknown): Promise<undefined> {
    return this.#core ? this.#core.cancel(reason) : promiseReject(released())
  }

  read(): Promise<ReadResult> {
    return this.#core ? readOnce(this.#core) : promiseReject(released())
  }

  releaseLock(): void {
    this.#core?.unlock()
    this.#core = null
  }
}

export const released = (): TypeError => new TypeError('The reader was released from its stream')

/** One read as a promise. */
export function readOnce(core: ReadableCore): Promise<ReadResult> {
  const { promise, resolve, reject } = promiseWithResolvers<ReadResult>()
  const request: ReadRequest = {
    onChunk: (value) => resolve({ done: false, value }),
    onClose: () => resolve({ done: true, value: undefined }),
    onError: reject,
  }
  core.read(request)
  return promise
}
