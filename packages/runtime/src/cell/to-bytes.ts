/** What a door carries besides its payload. */
export type DoorBytes = ArrayBuffer | string | undefined

const NOTHING = new Uint8Array(0)

/** A body as bytes: strings by their encoding, `latin1` for binary strings. */
export function toBytes(body: DoorBytes, encoding: BufferEncoding = 'utf8'): Uint8Array {
  if (body === undefined) return NOTHING
  return typeof body === 'string' ? Buffer.from(body, encoding) : new Uint8Array(body)
}
