import { bufferSlice, bytesSet, isView, Uint8ArrayClass } from './primordials.ts'

/** The bytes that a BufferSource shows, not copied; null when the value is none. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | null {
  if (isView(value)) {
    if (value instanceof Uint8ArrayClass) return value as Uint8Array<ArrayBuffer>
    return new Uint8ArrayClass(value.buffer, value.byteOffset, value.byteLength)
  }
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return new Uint8ArrayClass(value as ArrayBuffer)
  }
  return null
}

/** A buffer with exactly these bytes; their own where they fill it, otherwise a copy. */
export function exactBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes
  if (byteLength === buffer.byteLength) return buffer
  return bufferSlice(buffer, byteOffset, byteOffset + byteLength)
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (let index = 0; index < parts.length; index++) length += parts[index]!.length
  const all = new Uint8ArrayClass(length)
  let at = 0
  for (let index = 0; index < parts.length; index++) {
    bytesSet(all, parts[index]!, at)
    at += parts[index]!.length
  }
  return all
}
