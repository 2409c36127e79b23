/** The UTF-16 decoder of https://encoding.spec.whatwg.org/#shared-utf-16-decoder, resumable between chunks. */
export class Utf16Decoder {
  readonly #bigEndian: boolean
  #lead = -1
  #high = 0

  constructor(bigEndian: boolean) {
    this.#bigEndian = bigEndian
  }

  decode(bytes: Uint8Array, flush: boolean, onError?: () => void): string {
    let text = ''
    for (let at = 0; at < bytes.length; at++) {
      if (this.#lead < 0) {
        this.#lead = bytes[at]!
        continue
      }
      const unit = this.#bigEndian ? (this.#lead << 8) | bytes[at]! : (bytes[at]! << 8) | this.#lead
      this.#lead = -1
      text += this.#unit(unit, onError)
    }
    if (!flush) return text
    const unfinished = this.#lead >= 0 || this.#high > 0
    this.#lead = -1
    this.#high = 0
    if (unfinished) onError?.()
    return unfinished ? `${text}\uFFFD` : text
  }

  #unit(unit: number, onError?: () => void): string {
    const isLow = unit >= 0xdc00 && unit <= 0xdfff
    const high = this.#high
    this.#high = 0
    if (high > 0 && isLow) return String.fromCharCode(high, unit)
    if (high > 0) onError?.()
    const before = high > 0 ? '\uFFFD' : ''
    if (unit >= 0xd800 && unit <= 0xdbff) {
      this.#high = unit
      return before
    }
    if (isLow) onError?.()
    return before + (isLow ? '\uFFFD' : String.fromCharCode(unit))
  }
}
