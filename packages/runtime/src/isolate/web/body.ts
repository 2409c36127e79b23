import { bytesOf, concatBytes } from './bytes.ts'
import { promiseReject, promiseResolve } from './primordials.ts'
import { readOnce } from './streams/readable-reader.ts'
import { readableCoreOf } from './streams/readable-slot.ts'
import { createReadable, ReadableStream } from './streams/readable-stream.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

/** Where a body comes from: known at once, or pulled piece by piece; null from `pull` is the end. */
export type BodySource = string | Uint8Array<ArrayBuffer> | PulledSource

export interface PulledSource {
  pull(): Promise<Uint8Array<ArrayBuffer> | null>
  cancel(): void
}

/**
 * The body of a request or response. It stays what it was given as; a stream is made only when the program asks for it.
 */
export class Body {
  #source: BodySource | null
  #stream: ReadableStream | null = null
  #used = false

  constructor(source: BodySource | ReadableStream) {
    if (source instanceof ReadableStream) {
      this.#source = null
      this.#stream = source
    } else this.#source = source
  }

  /** What the standard calls disturbed: somebody has begun to read. */
  get used(): boolean {
    return this.#used || (this.#stream !== null && readableCoreOf(this.#stream)!.disturbed)
  }

  get unusable(): boolean {
    return this.used || this.#stream?.locked === true
  }

  get stream(): ReadableStream {
    if (this.#stream) return this.#stream
    const source = this.#source!
    const isPulled = typeof source === 'object' && !(source instanceof Uint8Array)
    this.#stream = isPulled ? pulledStream(source) : wholeStream(source)
    this.#source = null
    if (this.#used) readableCoreOf(this.#stream)!.disturbed = true
    return this.#stream
  }

  /** Takes the whole body for sending where it is known already; null where it must be read as a stream. */
  takeWhole(): string | Uint8Array<ArrayBuffer> | null {
    const source = this.#source
    if (source === null || (typeof source === 'object' && !(source instanceof Uint8Array))) return null
    this.#used = true
    return source
  }

  /** Reads everything. Rejects with TypeError when it has been read before. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.unusable) return promiseReject(alreadyUsed())
    const whole = this.takeWhole()
    if (typeof whole === 'string') return promiseResolve(encodeUtf8(whole))
    return whole ? promiseResolve(whole) : this.#readAll()
  }

  text(): Promise<string> {
    if (this.unusable) return promiseReject(alreadyUsed())
    const whole = this.takeWhole()
    if (typeof whole === 'string') return promiseResolve(withoutMark(whole))
    return whole ? promiseResolve(decodeUtf8(whole)) : this.#readAll().then(decodeUtf8)
  }

  async #readAll(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = []
    if (this.#source !== null) {
      const source = this.#source as PulledSource
      this.#used = true
      for (let part = await source.pull(); part; part = await source.pull()) parts.push(part)
    } else {
      const core = readableCoreOf(this.#stream)!
      core.lock()
      for (let next = await readOnce(core); !next.done; next = await readOnce(core))
        parts.push(toChunk(next.value))
    }
    return parts.length === 1 ? parts[0]! : concatBytes(parts)
  }

  /** A second body with the same content. Throws TypeError when this one has been read. */
  clone(): Body {
    if (this.unusable) throw new TypeError('A body that has been read, or is locked, cannot be cloned')
    const source = this.#source
    if (typeof source === 'string') return new Body(source)
    if (source instanceof Uint8Array) return new Body(source.slice())
    const [first, second] = this.stream.tee()
    this.#stream = first
    return new Body(second)
  }

  /** Another body with this one's content, which counts as read from now on. */
  move(): Body {
    if (this.unusable) throw alreadyUsed()
    const moved = new Body(this.#stream ? proxyStream(this.#stream) : this.#source!)
    this.#used = true
    return moved
  }
}

/** A chunk of a body's stream; TypeError for anything but bytes. */
export function toChunk(value: unknown): Uint8Array<ArrayBuffer> {
  const bytes = value instanceof Uint8Array ? bytesOf(value) : null
  if (!bytes) throw new TypeError('A body made from a stream can only have chunks that are Uint8Array')
  return bytes
}

export const alreadyUsed = (): TypeError =>
  new TypeError(
    'The body has been read already, or is locked: a body can be read once; use clone() to read it twice',
  )

const withoutMark = (text: string): string =>
  (text.startsWith('\uFEFF') ? text.slice(1) : text).toWellFormed()

function wholeStream(source: string | Uint8Array<ArrayBuffer>): ReadableStream {
  const bytes = typeof source === 'string' ? encodeUtf8(source) : source
  const { core, stream } = createReadable({
    pull: () => {
      if (bytes.length > 0) core.enqueue(bytes.slice())
      core.requestClose()
    },
  })
  return stream
}

function pulledStream(source: PulledSource): ReadableStream {
  const { core, stream } = createReadable({
    pull: async () => {
      const part = await source.pull()
      if (!core.canEnqueue) return
      if (part) core.enqueue(part)
      else core.requestClose()
    },
    cancel: () => source.cancel(),
  })
  return stream
}

/** The rest of a stream under a new lock, so that its former owner cannot read it any more. */
function proxyStream(inner: ReadableStream): ReadableStream {
  const from = readableCoreOf(inner)!
  from.lock()
  const { core, stream } = createReadable({
    pull: async () => {
      const { done, value } = await readOnce(from)
      if (done) core.requestClose()
      else core.enqueue(value)
    },
    cancel: (reason) => from.cancel(reason),
  })
  return stream
}
