import type { Readable } from 'node:stream'
import { PlatformError } from '@openzimki/core'
import type { Bucket, ObjectBody } from './bucket.ts'
import { mapError } from './map-error.ts'

/** Connections that may break one after another without a byte between. */
const MAX_BREAKS = 3
/** A body that nobody begins to read is let go: it holds a connection. */
const UNREAD_MS = 15_000

export interface ReadOptions {
  /** An answer that is there already. */
  first?: ObjectBody
  /** Hears how many bytes came, each time that some do. */
  onBytes?(bytes: number): void
}

/** The bytes of an object from `start` to `end` (exclusive), over as many connections as it takes. */
export function resumedRead(
  bucket: Bucket,
  key: string,
  range: { start: number; end: number },
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const reader = new ResumedRead(bucket, key, range, options)
  return reader.read()
}

class ResumedRead {
  readonly #bucket: Bucket
  readonly #key: string
  readonly #end: number
  readonly #onBytes: ReadOptions['onBytes']
  #at: number
  #body: Readable | null
  #unread: NodeJS.Timeout | undefined

  constructor(
    bucket: Bucket,
    key: string,
    { start, end }: { start: number; end: number },
    options: ReadOptions,
  ) {
    const { first, onBytes } = options
    this.#onBytes = onBytes
    this.#bucket = bucket
    this.#key = key
    this.#at = start
    this.#end = end
    this.#body = first?.stream ?? null
    // Whatever breaks before the reader comes is seen when it does.
    this.#body?.on('error', () => undefined)
    if (first) this.#unread = setTimeout(() => this.#letGo(), UNREAD_MS).unref()
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    clearTimeout(this.#unread)
    try {
      for (let breaks = 0; this.#at < this.#end; ) {
        const before = this.#at
        try {
          yield* this.#readOn()
          if (this.#at < this.#end) throw truncated()
        } catch (thrown) {
          this.#letGo()
          breaks = this.#at > before ? 1 : breaks + 1
          if (breaks >= MAX_BREAKS) throw mapError(thrown, this.#bucket.name)
        }
      }
    } finally {
      this.#letGo()
    }
  }

  async *#readOn(): AsyncGenerator<Uint8Array, void> {
    this.#body ??= await this.#open()
    for await (const chunk of this.#body) {
      // A store that sends more than it said is cut off here, and found out by the digest.
      const bytes = (chunk as Uint8Array).subarray(0, this.#end - this.#at)
      this.#at += bytes.length
      this.#onBytes?.(bytes.length)
      yield bytes
      if (this.#at === this.#end) return
    }
  }

  async #open(): Promise<Readable> {
    const found = await this.#bucket.get(this.#key, { start: this.#at, end: this.#end })
    if (found) return found.stream
    throw new PlatformError('NOT_FOUND', 'the blob was deleted while it was being read')
  }

  #letGo(): void {
    this.#body?.destroy()
    this.#body = null
  }
}

const truncated = () =>
  new PlatformError('UNAVAILABLE', 'the store ended its answer before all bytes had come; try again', {
    details: { reason: 'TRUNCATED' },
  })
