import { toDictionary } from '../webidl.ts'
import { readStrategy } from './queuing-strategy.ts'
import { ReadableStream } from './readable-stream.ts'
import { type Transform, TransformCore } from './transform-core.ts'
import { WritableStream } from './writable-stream.ts'

const CONSTRUCTING = Symbol('only the platform makes controllers')

/** https://streams.spec.whatwg.org/#ts-default-controller-class */
export class TransformStreamDefaultController {
  readonly #core: TransformCore

  constructor(key?: symbol, core?: TransformCore) {
    if (key !== CONSTRUCTING || !core)
      throw new TypeError('Illegal constructor: controllers come with their stream')
    this.#core = core
  }

  get desiredSize(): number | null {
    return this.#core.readable.desiredSize
  }

  enqueue(chunk?: unknown): void {
    this.#core.enqueue(chunk)
  }

  error(error?: unknown): void {
    this.#core.fail(error)
  }

  terminate(): void {
    this.#core.terminate()
  }
}

/** https://streams.spec.whatwg.org/#ts-class */
export class TransformStream {
  readonly #readable: ReadableStream
  readonly #writable: WritableStream

  constructor(transformer?: unknown, writableStrategy?: unknown, readableStrategy?: unknown) {
    const options = toDictionary(transformer, 'TransformStream: the transformer')
    if (options.readableType !== undefined || options.writableType !== undefined) {
      throw new RangeError('TransformStream: a transformer has no types')
    }
    const call = caller(options)
    const transform: Transform = {
      transform: (chunk) =>
        options.transform ? call('transform', chunk, controller) : controller.enqueue(chunk),
      flush: () => call('flush', controller),
      cancel: (reason) => call('cancel', reason),
    }
    const core = new TransformCore(transform, {
      readable: readStrategy(readableStrategy, 0),
      writable: readStrategy(writableStrategy, 1),
    })
    const controller = new TransformStreamDefaultController(CONSTRUCTING, core)
    this.#readable = new ReadableStream(core.readable)
    this.#writable = new WritableStream(core.writable)
    core.start(call('start', controller))
  }

  get readable(): ReadableStream {
    return this.#readable
  }

  get writable(): WritableStream {
    return this.#writable
  }
}

/** Calls a method of the program's object where it has it. Throws TypeError at once where it is no function. */
function caller(options: Record<string, unknown>): (name: string, ...args: unknown[]) => unknown {
  for (const name of ['start', 'transform', 'flush', 'cancel']) {
    if (options[name] === undefined || typeof options[name] === 'function') continue
    throw new TypeError(`TransformStream: ${name} must be a function`)
  }
  const methods = { ...options } as Record<string, ((...args: unknown[]) => unknown) | undefined>
  return (name, ...args) => methods[name]?.apply(options, args)
}
