import type { ReadableCore } from './readable-core.ts'

const CONSTRUCTING = Symbol('only the platform makes controllers')

/** https://streams.spec.whatwg.org/#rs-default-controller-class */
export class ReadableStreamDefaultController {
  readonly #core: ReadableCore

  constructor(key?: symbol, core?: ReadableCore) {
    this.#core = checked(key, core)
  }

  get desiredSize(): number | null {
    return this.#core.desiredSize
  }

  close(): void {
    close(this.#core)
  }

  enqueue(chunk?: unknown): void {
    enqueue(this.#core, chunk)
  }

  error(error?: unknown): void {
    this.#core.fail(error)
  }
}

/** https://streams.spec.whatwg.org/#rbs-controller-class in its first form: no `byobRequest`, chunks are queued as given. */
export class ReadableByteStreamController {
  readonly #core: ReadableCore

  constructor(key?: symbol, core?: ReadableCore) {
    this.#core = checked(key, core)
  }

  get byobRequest(): null {
    return null
  }

  get desiredSize(): number | null {
    return this.#core.desiredSize
  }

  close(): void {
    close(this.#core)
  }

  enqueue(chunk: ArrayBufferView<ArrayBuffer>): void {
    if (!ArrayBuffer.isView(chunk)) throw new TypeError('A byte stream takes only views of an ArrayBuffer')
    if (chunk.byteLength === 0) throw new TypeError('A byte stream takes no empty chunk')
    enqueue(this.#core, new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }

  error(error?: unknown): void {
    this.#core.fail(error)
  }
}

function checked(key: symbol | undefined, core: ReadableCore | undefined): ReadableCore {
  if (key !== CONSTRUCTING || !core)
    throw new TypeError('Illegal constructor: controllers come with their stream')
  return core
}

function close(core: ReadableCore): void {
  if (!core.canEnqueue) throw new TypeError('Invalid state: the stream is closed or failed already')
  core.requestClose()
}

function enqueue(core: ReadableCore, chunk: unknown): void {
  if (!core.canEnqueue)
    throw new TypeError('Invalid state: the stream takes no more chunks, it is closed or failed')
  core.enqueue(chunk)
}

export const createController = (core: ReadableCore): ReadableStreamDefaultController =>
  new ReadableStreamDefaultController(CONSTRUCTING, core)

export const createByteController = (core: ReadableCore): ReadableByteStreamController =>
  new ReadableByteStreamController(CONSTRUCTING, core)
