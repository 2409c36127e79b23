import { bytesOf, concatBytes } from './bytes.ts'
import { createReadable, type ReadableStream } from './streams/readable-stream.ts'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'
import { toDictionary, toUSVString } from './webidl.ts'

let blobBytes: (blob: Blob) => Uint8Array<ArrayBuffer>

/** https://w3c.github.io/FileAPI/#blob-section. Its bytes are in memory and never change. */
export class Blob {
  #bytes: Uint8Array<ArrayBuffer>
  #type: string

  constructor(parts?: Iterable<unknown>, options?: { type?: string; endings?: string }) {
    const wanted = toDictionary(options, 'Blob: the second argument')
    this.#type = toType(wanted.type)
    this.#bytes = toBytes(parts, lineEndings(wanted.endings))
  }

  get size(): number {
    return this.#bytes.length
  }

  get type(): string {
    return this.#type
  }

  slice(start?: number, end?: number, type?: string): Blob {
    const part = new Blob([], { type })
    part.#bytes = this.#bytes.subarray(toIndex(start, 0), toIndex(end, this.size))
    return part
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#bytes.slice().buffer
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#bytes.slice()
  }

  async text(): Promise<string> {
    return decodeUtf8(this.#bytes)
  }

  stream(): ReadableStream {
    let at = 0
    const { core, stream } = createReadable({
      pull: () => {
        const chunk = this.#bytes.slice(at, at + CHUNK)
        at += chunk.length
        if (chunk.length > 0) core.enqueue(chunk)
        if (at >= this.#bytes.length) core.requestClose()
      },
    })
    return stream
  }

  static {
    blobBytes = (blob) => blob.#bytes
  }
}

const CHUNK = 64 * 1024

/** https://w3c.github.io/FileAPI/#file-section */
export class File extends Blob {
  #name: string
  #lastModified: number

  constructor(parts: Iterable<unknown>, name: string, options?: { type?: string; lastModified?: number }) {
    if (arguments.length < 2) throw new TypeError('File needs its content and its name')
    super(parts, options)
    this.#name = toUSVString(name)
    this.#lastModified =
      options?.lastModified === undefined ? Date.now() : Math.trunc(Number(options.lastModified)) || 0
  }

  get name(): string {
    return this.#name
  }

  get lastModified(): number {
    return this.#lastModified
  }

  get webkitRelativePath(): string {
    return ''
  }
}

function toBytes(parts: unknown, endings: 'native' | 'transparent'): Uint8Array<ArrayBuffer> {
  if (parts === undefined) return new Uint8Array(0)
  if (typeof parts !== 'object' || parts === null || !(Symbol.iterator in parts)) {
    throw new TypeError('Blob: the first argument must be a list of parts')
  }
  const all: Uint8Array[] = []
  for (const part of parts as Iterable<unknown>) {
    if (part instanceof Blob) all.push(blobBytes(part))
    else all.push(bytesOf(part) ?? encodeUtf8(withEndings(`${part as string}`, endings)))
  }
  return concatBytes(all)
}

function lineEndings(endings: unknown = 'transparent'): 'native' | 'transparent' {
  if (endings === 'native' || endings === 'transparent') return endings
  throw new TypeError('Blob: endings can be "transparent" or "native"')
}

const withEndings = (text: string, endings: string): string =>
  endings === 'native' ? text.replace(/\r\n?|\n/g, '\n') : text

/** A type with characters outside of printable ASCII counts as none. */
function toType(type: unknown): string {
  const text = type === undefined ? '' : `${type as string}`
  return /[^\x20-\x7e]/.test(text) ? '' : text.toLowerCase()
}

function toIndex(value: unknown, fallback: number): number {
  return value === undefined ? fallback : Math.trunc(Number(value)) || 0
}

/** For the platform: the bytes themselves, not a copy. */
export const bytesOfBlob = (blob: Blob): Uint8Array<ArrayBuffer> => blobBytes(blob)
