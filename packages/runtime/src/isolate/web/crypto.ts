import type { HostDoor } from '../host-door.ts'
import { DOMException } from './dom-exception.ts'
import { Uint8ArrayClass } from './primordials.ts'

/** More than this at once is refused, as the standard says. */
const MAX_RANDOM_BYTES = 65_536
/** Asked for in one go, since each call to the host costs more than the bytes. */
const POOL_BYTES = 512

const SUBTLE_METHODS =
  'decrypt deriveBits deriveKey digest encrypt exportKey generateKey importKey sign unwrapKey verify wrapKey'

/** https://w3c.github.io/webcrypto/#Crypto-interface. `subtle` is not there yet: its methods reject and say so. */
export class Crypto {
  readonly #random: (size: number) => Uint8Array
  readonly #subtle = createSubtle()

  constructor(random?: (size: number) => Uint8Array) {
    if (typeof random !== 'function') throw new TypeError('Illegal constructor: use the global crypto')
    this.#random = random
  }

  get subtle(): object {
    return this.#subtle
  }

  getRandomValues<T extends ArrayBufferView>(array: T): T {
    if (!ArrayBuffer.isView(array) || !INTEGERS.test(Object.prototype.toString.call(array))) {
      throw new DOMException(
        'getRandomValues: the argument must be an array of integers',
        'TypeMismatchError',
      )
    }
    if (array.byteLength > MAX_RANDOM_BYTES) {
      throw new DOMException(
        `getRandomValues: ${array.byteLength} bytes were asked for, at most ${MAX_RANDOM_BYTES} can be had at once`,
        'QuotaExceededError',
      )
    }
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(this.#random(array.byteLength))
    return array
  }

  randomUUID(): string {
    const bytes = this.#random(16).slice()
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const hex = bytes.toHex()
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  }
}

const INTEGERS = /^\[object (?:Big)?(?:Ui|I)nt\d+(?:Clamped)?Array\]$/

/** Random bytes from the host, never used twice. */
export function createRandom(door: () => HostDoor): (size: number) => Uint8Array {
  let pool = new Uint8ArrayClass(0)
  return (size) => {
    if (size > pool.length) {
      const wanted = Math.max(size, POOL_BYTES)
      const { bytes } = door().callSync('random', `{"size":${wanted}}`)
      if (!bytes || bytes.byteLength < wanted) throw new Error('The host gave no random bytes')
      pool = new Uint8ArrayClass(bytes)
    }
    const taken = pool.slice(0, size)
    pool = pool.subarray(size)
    return taken
  }
}

function createSubtle(): object {
  const subtle = {}
  for (const name of SUBTLE_METHODS.split(' ')) {
    const method = async (): Promise<never> => {
      throw new DOMException(
        `crypto.subtle.${name} is not available on this platform yet`,
        'NotSupportedError',
      )
    }
    Object.defineProperty(method, 'name', { value: name })
    Object.defineProperty(subtle, name, { value: method, writable: true, configurable: true })
  }
  Object.defineProperty(subtle, Symbol.toStringTag, { value: 'SubtleCrypto', configurable: true })
  return subtle
}
