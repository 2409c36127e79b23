import { promiseResolve, promiseThen } from '../primordials.ts'
import { quietDeferred } from './deferred.ts'
import { ReadableCore } from './readable-core.ts'
import { WritableCore } from './writable-core.ts'

/** What happens to the chunks. All may throw or return a promise. */
export interface Transform {
  transform(chunk: unknown): unknown
  flush(): unknown
  cancel(reason: unknown): unknown
}

export interface TransformStrategy {
  writable: { highWaterMark: number; sizeOf: (chunk: unknown) => number }
  readable: { highWaterMark: number; sizeOf: (chunk: unknown) => number }
}

/** The two ends of a transform and the pressure between them, https://streams.spec.whatwg.org/#ts-abstract-ops. */
export class TransformCore {
  readonly readable: ReadableCore
  readonly writable: WritableCore
  readonly #transform: Transform
  #backpressure = true
  #pressureChange = quietDeferred<undefined>()
  /** Both ends may ask for the end; it happens once. */
  #finishing: Promise<undefined> | null = null

  constructor(transform: Transform, strategy: TransformStrategy) {
    this.#transform = transform
    const { readable, writable } = strategy
    this.readable = new ReadableCore(
      { pull: () => this.#pull(), cancel: (reason) => this.#cancelled(reason) },
      readable.highWaterMark,
      readable.sizeOf,
    )
    this.writable = new WritableCore(
      {
        write: (chunk) => this.#write(chunk),
        close: () => this.#close(),
        abort: (reason) => this.#aborted(reason),
      },
      writable.highWaterMark,
      writable.sizeOf,
    )
  }

  /** To be called with the result of the transformer's `start`. */
  start(result: unknown): void {
    const started = promiseResolve(result)
    this.writable.start(started)
    promiseThen(
      started,
      () => this.readable.started(),
      (error) => this.readable.fail(error),
    )
  }

  enqueue(chunk: unknown): void {
    if (!this.readable.canEnqueue) throw new TypeError('The readable end takes no more chunks')
    try {
      this.readable.enqueue(chunk)
    } catch (error) {
      this.#failWritable(error)
      throw this.readable.error
    }
    if (this.readable.hasBackpressure && !this.#backpressure) this.#setBackpressure(true)
  }

  fail(error: unknown): void {
    this.readable.fail(error)
    this.#failWritable(error)
  }

  terminate(): void {
    if (this.readable.canEnqueue) this.readable.requestClose()
    this.#failWritable(new TypeError('The transform stream was terminated'))
  }

  #setBackpressure(backpressure: boolean): void {
    this.#backpressure = backpressure
    this.#pressureChange.resolve(undefined)
    this.#pressureChange = quietDeferred()
  }

  #failWritable(error: unknown): void {
    this.writable.fail(error)
    if (this.#backpressure) this.#setBackpressure(false)
  }

  #pull(): Promise<undefined> {
    this.#setBackpressure(false)
    return this.#pressureChange.promise
  }

  async #write(chunk: unknown): Promise<void> {
    if (this.#backpressure) {
      await this.#pressureChange.promise
      if (this.writable.state === 'erroring') throw this.writable.error
    }
    try {
      await this.#transform.transform(chunk)
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  #close(): Promise<undefined> {
    this.#finishing ??= this.#finish(
      () => this.#transform.flush(),
      () => {
        if (this.readable.canEnqueue) this.readable.requestClose()
      },
    )
    return this.#finishing
  }

  #aborted(reason: unknown): Promise<undefined> {
    this.#finishing ??= this.#finish(
      () => this.#transform.cancel(reason),
      () => this.readable.fail(reason),
    )
    return this.#finishing
  }

  #cancelled(reason: unknown): Promise<undefined> {
    this.#finishing ??= this.#cancel(reason)
    return this.#finishing
  }

  async #finish(run: () => unknown, then: () => void): Promise<undefined> {
    try {
      await run()
    } catch (error) {
      this.readable.fail(error)
      throw error
    }
    if (this.readable.state === 'errored') throw this.readable.error
    then()
  }

  async #cancel(reason: unknown): Promise<undefined> {
    try {
      await this.#transform.cancel(reason)
    } catch (error) {
      this.#failWritable(error)
      throw error
    }
    if (this.writable.state === 'errored') throw this.writable.error
    this.#failWritable(reason)
  }
}
