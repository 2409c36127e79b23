import { promiseReject, promiseResolve, promiseThen } from '../primordials.ts'
import { ChunkQueue } from './chunk-queue.ts'
import { quietDeferred } from './deferred.ts'

/** Who waits for one chunk. */
export interface ReadRequest {
  onChunk(chunk: unknown): void
  onClose(): void
  onError(error: unknown): void
}

/** Where the chunks come from. All may throw or return a promise. */
export interface ReadableSource {
  pull?: () => unknown
  cancel?: (reason: unknown) => unknown
}

/** What a stream knows of the reader that locks it. */
export interface ReaderLink {
  requests: ReadRequest[]
  closed: PromiseWithResolvers<undefined>
}

/**
 * The state machine of a readable stream with its default controller, https://streams.spec.whatwg.org/#rs-abstract-ops and
 * #rs-default-controller-abstract-ops. ReadableStream, its readers and controllers are faces of it.
 */
export class ReadableCore {
  state: 'readable' | 'closed' | 'errored' = 'readable'
  error: unknown = undefined
  disturbed = false
  readonly isByteStream: boolean
  reader: ReaderLink | null = null
  readonly queue = new ChunkQueue<unknown>()
  #source: ReadableSource
  readonly #highWaterMark: number
  readonly #sizeOf: ((chunk: unknown) => number) | null
  #started = false
  #closeRequested = false
  #pulling = false
  #pullAgain = false

  /** `sizeOf` null: each chunk counts as one. */
  constructor(
    source: ReadableSource,
    highWaterMark: number,
    sizeOf: ((chunk: unknown) => number) | null,
    isByteStream = false,
  ) {
    this.isByteStream = isByteStream
    this.#source = source
    this.#highWaterMark = highWaterMark
    this.#sizeOf = sizeOf
  }

  /** To be called when the source's `start` has finished; nothing is pulled before. */
  started(): void {
    this.#started = true
    this.#pullIfNeeded()
  }

  get canEnqueue(): boolean {
    return this.state === 'readable' && !this.#closeRequested
  }

  get desiredSize(): number | null {
    if (this.state === 'errored') return null
    return this.state === 'closed' ? 0 : this.#highWaterMark - this.queue.size
  }

  /** True while the consumer is behind: TransformStream's backpressure. */
  get hasBackpressure(): boolean {
    return !this.#shouldPull(true)
  }

  /** Throws what the size function throws, after failing the stream with it. */
  enqueue(chunk: unknown): void {
    const request = this.reader?.requests.shift()
    if (request) request.onChunk(chunk)
    else this.queue.push(chunk, this.#measure(chunk))
    this.#pullIfNeeded()
  }

  #measure(chunk: unknown): number {
    if (!this.#sizeOf) return 1
    try {
      const size = this.#sizeOf(chunk)
      if (size >= 0 && size < Number.POSITIVE_INFINITY) return size
      throw new RangeError('The size of a chunk must be a finite number of 0 or more')
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  requestClose(): void {
    this.#closeRequested = true
    if (this.queue.isEmpty) this.#close()
  }

  #close(): void {
    this.#source = {}
    this.state = 'closed'
    const { reader } = this
    if (!reader) return
    reader.closed.resolve(undefined)
    for (const request of reader.requests.splice(0)) request.onClose()
  }

  fail(error: unknown): void {
    if (this.state !== 'readable') return
    this.queue.clear()
    this.#source = {}
    this.state = 'errored'
    this.error = error
    const { reader } = this
    if (!reader) return
    reader.closed.reject(error)
    for (const request of reader.requests.splice(0)) request.onError(error)
  }

  cancel(reason: unknown): Promise<undefined> {
    this.disturbed = true
    if (this.state === 'closed') return promiseResolve(undefined)
    if (this.state === 'errored') return promiseReject(this.error)
    const source = this.#source
    this.#close()
    this.queue.clear()
    try {
      const done = promiseResolve(source.cancel?.(reason))
      return promiseThen(done, () => undefined) as Promise<undefined>
    } catch (error) {
      return promiseReject(error)
    }
  }

  /** Only by the reader that holds the lock, or by the platform itself. */
  read(request: ReadRequest): void {
    this.disturbed = true
    if (this.state === 'closed') request.onClose()
    else if (this.state === 'errored') request.onError(this.error)
    else if (this.queue.isEmpty) {
      this.reader!.requests.push(request)
      this.#pullIfNeeded()
    } else {
      const chunk = this.queue.shift()
      if (this.#closeRequested && this.queue.isEmpty) this.#close()
      else this.#pullIfNeeded()
      request.onChunk(chunk)
    }
  }

  /** Throws TypeError when another reader has it. */
  lock(): ReaderLink {
    if (this.reader) throw new TypeError('The stream is locked to a reader already')
    const link: ReaderLink = { requests: [], closed: quietDeferred<undefined>() }
    this.reader = link
    if (this.state === 'closed') link.closed.resolve(undefined)
    if (this.state === 'errored') link.closed.reject(this.error)
    return link
  }

  unlock(): void {
    const { reader } = this
    if (!reader) return
    const error = new TypeError('The reader was released')
    if (this.state !== 'readable') reader.closed = quietDeferred()
    reader.closed.reject(error)
    this.reader = null
    for (const request of reader.requests.splice(0)) request.onError(error)
  }

  /** For TransformStream: ask for more although nobody reads yet. */
  pullIfNeeded(): void {
    this.#pullIfNeeded()
  }

  #shouldPull(ignoreStart = false): boolean {
    if (!this.canEnqueue || !(this.#started || ignoreStart)) return false
    if (this.reader && this.reader.requests.length > 0) return true
    return (this.desiredSize ?? 0) > 0
  }

  #pullIfNeeded(): void {
    if (!this.#source.pull || !this.#shouldPull()) return
    if (this.#pulling) {
      this.#pullAgain = true
      return
    }
    this.#pulling = true
    const failed = (error: unknown): void => this.fail(error)
    try {
      promiseThen(promiseResolve(this.#source.pull()), () => this.#pulled(), failed)
    } catch (error) {
      failed(error)
    }
  }

  #pulled(): void {
    this.#pulling = false
    if (!this.#pullAgain) return
    this.#pullAgain = false
    this.#pullIfNeeded()
  }
}
