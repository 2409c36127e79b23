import { bytesOf } from './bytes.ts'
import { decodeWindows1252 } from './single-byte.ts'
import { Utf8Decoder } from './utf8.ts'
import { Utf16Decoder } from './utf16.ts'
import { toDictionary } from './webidl.ts'

/** Labels of https://encoding.spec.whatwg.org/#names-and-labels for the encodings that are here. */
const LABELS: Record<string, string> = {
  'utf-8': 'unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8',
  'windows-1252':
    'ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 ' +
    'iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252',
  'utf-16le': 'csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le',
  'utf-16be': 'unicodefffe utf-16be',
}

interface Decoder {
  decode(bytes: Uint8Array, flush: boolean, onError?: () => void): string
}

/** https://encoding.spec.whatwg.org/#interface-textdecoder for UTF-8, UTF-16 and windows-1252. */
export class TextDecoder {
  readonly #encoding: string
  readonly #fatal: boolean
  readonly #ignoreBOM: boolean
  #decoder: Decoder | null = null
  #started = false

  constructor(label: unknown = 'utf-8', options?: { fatal?: boolean; ignoreBOM?: boolean }) {
    this.#encoding = encodingOf(`${label as string}`)
    const wanted = toDictionary(options, 'TextDecoder: the second argument')
    this.#fatal = Boolean(wanted.fatal)
    this.#ignoreBOM = Boolean(wanted.ignoreBOM)
  }

  get encoding(): string {
    return this.#encoding
  }

  get fatal(): boolean {
    return this.#fatal
  }

  get ignoreBOM(): boolean {
    return this.#ignoreBOM
  }

  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string {
    const bytes = input === undefined ? new Uint8Array(0) : bytesOf(input)
    if (!bytes) throw new TypeError('TextDecoder.decode: the input must be an ArrayBuffer or a view of one')
    const stream = Boolean(toDictionary(options, 'TextDecoder.decode: the second argument').stream)
    const decoder = this.#decoder ?? createDecoder(this.#encoding)
    const wasStarted = this.#started
    this.#decoder = null
    this.#started = false
    const text = decoder.decode(bytes, !stream, this.#fatal ? this.#refuse : undefined)
    if (stream) {
      this.#decoder = decoder
      this.#started = wasStarted || text !== ''
    }
    const marked =
      !wasStarted && !this.#ignoreBOM && text[0] === '\uFEFF' && this.#encoding !== 'windows-1252'
    return marked ? text.slice(1) : text
  }

  #refuse = (): void => {
    const error = new TypeError(`The encoded data was not valid for encoding ${this.#encoding}`)
    Object.defineProperty(error, 'code', { value: 'ERR_ENCODING_INVALID_ENCODED_DATA', configurable: true })
    throw error
  }
}

function encodingOf(label: string): string {
  const wanted = label.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '').toLowerCase()
  for (const [encoding, labels] of Object.entries(LABELS)) {
    if (wanted && labels.split(' ').includes(wanted)) return encoding
  }
  throw new RangeError(
    `The encoding "${label}" is not supported: use utf-8, utf-16le, utf-16be or windows-1252`,
  )
}

function createDecoder(encoding: string): Decoder {
  if (encoding === 'utf-8') return new Utf8Decoder()
  if (encoding === 'windows-1252') return { decode: decodeWindows1252 }
  return new Utf16Decoder(encoding === 'utf-16be')
}
