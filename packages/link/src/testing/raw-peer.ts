import type { Socket } from 'node:net'
import type { PlatformError } from '@openzimki/core'
import type { Link, LinkOptions } from '../contract.ts'
import { createLink } from '../create-link.ts'
import { FrameReader } from '../frame-reader.ts'
import { FRAME, MAGIC } from '../wire.ts'
import { socketPair } from './link-pair.ts'

/** The bytes of a frame, lawful or not. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(10)
  header.writeUInt32BE(payload.length + 6)
  header[4] = type
  header[5] = flags
  header.writeUInt32BE(stream, 6)
  return Buffer.concat([header, payload])
}

/** Payload of OPEN and HEAD. */
export function headed(head: string, body: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(head)
  return Buffer.concat([numbers(bytes.length), bytes, Buffer.from(body)])
}

export function numbers(...values: number[]): Buffer {
  const payload = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) payload.writeUInt32BE(value, index * 4)
  return payload
}

export const HELLO = frame(FRAME.hello, 0, 0, numbers(MAGIC, 65_536, 65_536, 100))

export interface SeenFrame {
  type: number
  flags: number
  stream: number
  payload: Buffer
}

/** A link whose peer is a bare socket in the hands of a test. */
export interface RawPeer {
  link: Link
  socket: Socket
  /** Why the link closed. */
  closed: Promise<PlatformError | null>
  /** Frames that the link has sent. */
  seen: SeenFrame[]
  /** Resolves with the first frame of this type, now or later. */
  next(type: number): Promise<SeenFrame>
  close: () => Promise<void>
}

/** `role` is that of the link under test. */
export async function rawPeer(
  role: 'client' | 'server',
  options: Partial<LinkOptions> = {},
): Promise<RawPeer> {
  const { a, b, close } = await socketPair()
  const link = createLink(a, role, options)
  const seen: SeenFrame[] = []
  const waiting: { type: number; resolve: (frame: SeenFrame) => void }[] = []
  const reader = new FrameReader(2 ** 30, (type, flags, stream, buffer, start, end) => {
    const one = { type, flags, stream, payload: Buffer.from(buffer.subarray(start, end)) }
    seen.push(one)
    for (const wait of waiting) if (wait.type === type) wait.resolve(one)
  })
  b.on('data', (chunk: Buffer) => reader.push(chunk))
  b.on('error', () => b.destroy())
  const closed = new Promise<PlatformError | null>((resolve) => {
    link.onClose = resolve
  })
  const next = (type: number): Promise<SeenFrame> => {
    const there = seen.find((one) => one.type === type)
    return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push({ type, resolve }))
  }
  return { link, socket: b, closed, seen, next, close }
}
