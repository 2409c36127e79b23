import { promiseReject } from '../primordials.ts'
import type { WritableCore, WriterLink } from './writable-core.ts'
import { writableCoreOf } from './writable-slot.ts'

/** https://streams.spec.whatwg.org/#default-writer-class */
export class WritableStreamDefaultWriter {
  #core: WritableCore | null
  readonly #link: WriterLink

  constructor(stream: unknown) {
    const core = writableCoreOf(stream)
    if (!core) throw new TypeError('WritableStreamDefaultWriter: the argument must be a WritableStream')
    this.#link = core.lock()
    this.#core = core
  }

  get closed(): Promise<undefined> {
    return this.#link.closed.promise
  }

  get ready(): Promise<undefined> {
    return this.#link.ready.promise
  }

  get desiredSize(): number | null {
    if (!this.#core) throw released()
    return this.#core.desiredSize
  }

  write(chunk?: unknown): Promise<undefined> {
    return this.#core ? this.#core.write(chunk) : promiseReject(released())
  }

  close(): Promise<undefined> {
    return this.#core ? this.#core.close() : promiseReject(released())
  }

  abort(reason?: unknown): Promise<undefined> {
    return this.#core ? this.#core.abort(reason) : promiseReject(released())
  }

  releaseLock(): void {
    this.#core?.unlock()
    this.#core = null
  }
}

const released = (): TypeError => new TypeError('The writer was released from its stream')
