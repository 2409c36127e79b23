import { AbortController } from '../abort-controller.ts'
import type { AbortSignal } from '../abort-signal.ts'
import { promiseReject } from '../primordials.ts'
import { toDictionary } from '../webidl.ts'
import { readStrategy } from './queuing-strategy.ts'
import { WritableCore, type WritableSink } from './writable-core.ts'
import { attachWritable } from './writable-slot.ts'
import { WritableStreamDefaultWriter } from './writable-writer.ts'

const CONSTRUCTING = Symbol('only the platform makes controllers')

/** What a program gives as the sink of a stream. */
export interface UnderlyingSink {
  start?: (controller: WritableStreamDefaultController) => unknown
  write?: (chunk: never, controller: WritableStreamDefaultController) => unknown
  close?: () => unknown
  abort?: (reason: unknown) => unknown
}

/** https://streams.spec.whatwg.org/#ws-default-controller-class */
export class WritableStreamDefaultController {
  readonly #core: WritableCore
  readonly #aborter = new AbortController()

  constructor(key?: symbol, core?: WritableCore) {
    if (key !== CONSTRUCTING || !core)
      throw new TypeError('Illegal constructor: controllers come with their stream')
    this.#core = core
    core.onAborting = (reason) => this.#aborter.abort(reason)
  }

  get signal(): AbortSignal {
    return this.#aborter.signal
  }

  error(error?: unknown): void {
    this.#core.fail(error)
  }
}

/** https://streams.spec.whatwg.org/#ws-class */
export class WritableStream {
  readonly #core: WritableCore

  constructor(sink?: UnderlyingSink | WritableCore | null, strategy?: unknown) {
    this.#core = sink instanceof WritableCore ? sink : createCore(sink, strategy)
    attachWritable(this, this.#core)
  }

  get locked(): boolean {
    return this.#core.writer !== null
  }

  abort(reason?: unknown): Promise<undefined> {
    if (this.locked) return promiseReject(new TypeError('A locked stream cannot be aborted: use its writer'))
    return this.#core.abort(reason)
  }

  close(): Promise<undefined> {
    if (this.locked) return promiseReject(new TypeError('A locked stream cannot be closed: use its writer'))
    return this.#core.close()
  }

  getWriter(): WritableStreamDefaultWriter {
    return new WritableStreamDefaultWriter(this)
  }
}

function createCore(given: unknown, strategy: unknown): WritableCore {
  const options = toDictionary(given, 'WritableStream: the sink')
  const { start, write, close, abort, type } = options
  if (type !== undefined) throw new RangeError('WritableStream: a sink has no type')
  for (const [name, method] of Object.entries({ start, write, close, abort })) {
    if (method !== undefined && typeof method !== 'function') {
      throw new TypeError(`WritableStream: ${name} must be a function`)
    }
  }
  const { highWaterMark, sizeOf } = readStrategy(strategy, 1)
  const sink: WritableSink = {}
  const core = new WritableCore(sink, highWaterMark, sizeOf)
  const controller = new WritableStreamDefaultController(CONSTRUCTING, core)
  const call = (method: unknown, ...args: unknown[]): unknown =>
    (method as (...args: unknown[]) => unknown).apply(options, args)
  if (write) sink.write = (chunk) => call(write, chunk, controller)
  if (close) sink.close = () => call(close)
  if (abort) sink.abort = (reason) => call(abort, reason)
  core.start(start ? call(start, controller) : undefined)
  return core
}
