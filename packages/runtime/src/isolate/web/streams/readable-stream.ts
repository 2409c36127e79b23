import { promiseReject, promiseResolve, promiseThen } from '../primordials.ts'
import { toDictionary } from '../webidl.ts'
import { iterate } from './async-iteration.ts'
import { fromIterable } from './from-iterable.ts'
import { pipeTo } from './pipe-to.ts'
import { readStrategy } from './queuing-strategy.ts'
import { ReadableStreamBYOBReader } from './readable-byob-reader.ts'
import { createByteController, createController } from './readable-controller.ts'
import { ReadableCore, type ReadableSource } from './readable-core.ts'
import { ReadableStreamDefaultReader } from './readable-reader.ts'
import { attachReadable } from './readable-slot.ts'
import { tee } from './tee.ts'
import type { WritableStream } from './writable-stream.ts'

/** What a program gives as the source of a stream. */
export interface UnderlyingSource {
  start?: (controller: never) => unknown
  pull?: (controller: never) => unknown
  cancel?: (reason: unknown) => unknown
  type?: 'bytes'
}

/** https://streams.spec.whatwg.org/#rs-class */
export class ReadableStream {
  readonly #core: ReadableCore

  constructor(source?: UnderlyingSource | ReadableCore | null, strategy?: unknown) {
    this.#core = source instanceof ReadableCore ? source : createCore(source, strategy)
    attachReadable(this, this.#core)
  }

  static from(iterable: unknown): ReadableStream {
    return new ReadableStream(fromIterable(iterable))
  }

  get locked(): boolean {
    return this.#core.reader !== null
  }

  cancel(reason?: unknown): Promise<undefined> {
    if (this.#core.reader) return promiseReject(new TypeError('A locked stream cannot be cancelled'))
    return this.#core.cancel(reason)
  }

  getReader(options?: { mode?: 'byob' }): ReadableStreamDefaultReader | ReadableStreamBYOBReader {
    const { mode } = toDictionary(options, 'getReader: the argument')
    if (mode === undefined) return new ReadableStreamDefaultReader(this)
    if (`${mode as string}` !== 'byob') throw new TypeError('getReader: the mode can only be "byob"')
    return new ReadableStreamBYOBReader(this)
  }

  pipeThrough<T>(pair: { readable: T; writable: WritableStream }, options?: unknown): T {
    const { readable, writable } = toDictionary(pair, 'pipeThrough: the first argument')
    if (!(readable instanceof ReadableStream))
      throw new TypeError('pipeThrough: readable must be a ReadableStream')
    const done = pipeTo(this.#core, writable as WritableStream, options)
    promiseThen(done, undefined, () => undefined)
    return readable as T
  }

  pipeTo(destination: WritableStream, options?: unknown): Promise<undefined> {
    try {
      return pipeTo(this.#core, destination, options)
    } catch (error) {
      return promiseReject(error)
    }
  }

  tee(): [ReadableStream, ReadableStream] {
    const [first, second] = tee(this.#core)
    return [new ReadableStream(first), new ReadableStream(second)]
  }

  values(options?: { preventCancel?: boolean }): AsyncIterableIterator<unknown> {
    return iterate(this.#core, Boolean(toDictionary(options, 'values: the argument').preventCancel))
  }

  [Symbol.asyncIterator](options?: { preventCancel?: boolean }): AsyncIterableIterator<unknown> {
    return this.values(options)
  }
}

function createCore(given: unknown, strategy: unknown): ReadableCore {
  const options = toDictionary(given, 'ReadableStream: the source')
  const { start, pull, cancel, type } = options
  if (type !== undefined && `${type as string}` !== 'bytes') {
    throw new TypeError('ReadableStream: the type of a source can only be "bytes"')
  }
  const isBytes = type !== undefined
  for (const [name, method] of Object.entries({ start, pull, cancel })) {
    if (method !== undefined && typeof method !== 'function') {
      throw new TypeError(`ReadableStream: ${name} must be a function`)
    }
  }
  const { highWaterMark, sizeOf } = readStrategy(strategy, isBytes ? 0 : 1)
  const source: ReadableSource = {}
  const core = new ReadableCore(source, highWaterMark, isBytes ? byteLength : sizeOf, isBytes)
  const controller = isBytes ? createByteController(core) : createController(core)
  if (pull) source.pull = () => (pull as (c: unknown) => unknown).call(options, controller)
  if (cancel) source.cancel = (reason) => (cancel as (r: unknown) => unknown).call(options, reason)
  const started = start ? (start as (c: unknown) => unknown).call(options, controller) : undefined
  promiseThen(
    promiseResolve(started),
    () => core.started(),
    (error) => core.fail(error),
  )
  return core
}

const byteLength = (chunk: unknown): number => (chunk as Uint8Array).byteLength

/** A stream of the platform's own, without the cost of a controller. */
export function createReadable(
  source: ReadableSource,
  highWaterMark = 0,
): { core: ReadableCore; stream: ReadableStream } {
  const core = new ReadableCore(source, highWaterMark, null)
  core.started()
  return { core, stream: new ReadableStream(core) }
}
