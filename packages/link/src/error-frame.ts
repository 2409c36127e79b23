import { PlatformError } from '@openzimki/core'
import { ERROR_BYTES } from './wire.ts'

/** An error as JSON for the wire; one too long loses its details and the end of its message. */
export function encodeError(error: PlatformError): string {
  const whole = JSON.stringify(error.toJSON())
  if (whole.length * 3 <= ERROR_BYTES || Buffer.byteLength(whole) <= ERROR_BYTES) return whole
  return JSON.stringify({ code: error.code, message: error.message.slice(0, ERROR_BYTES / 8) })
}

/** What a peer says its error is. Throws PROTOCOL when it is nothing of the kind. */
export function decodeError(buffer: Buffer, start: number, end: number): PlatformError {
  let shape: unknown
  try {
    if (end - start <= ERROR_BYTES) shape = JSON.parse(buffer.toString('utf8', start, end))
  } catch (cause) {
    throw new PlatformError('PROTOCOL', 'the peer sent an error that is not JSON', { cause })
  }
  if (typeof shape !== 'object' || shape === null) {
    throw new PlatformError('PROTOCOL', 'the peer sent an error that is none')
  }
  return PlatformError.fromJSON(shape)
}
