import { describe, expect, it } from '@jest/globals'
import { FrameReader } from './frame-reader.ts'
import { Random } from './testing/random.ts'
import { frame } from './testing/raw-peer.ts'

type Seen = [type: number, flags: number, stream: number, payload: string]

function reader(maxLength = 100_000): { reader: FrameReader; seen: Seen[] } {
  const seen: Seen[] = []
  const sink = new FrameReader(maxLength, (type, flags, stream, buffer, start, end) => {
    seen.push([type, flags, stream, buffer.toString('hex', start, end)])
  })
  return { reader: sink, seen }
}

describe('FrameReader', () => {
  it('finds the same frames however the bytes are cut', () => {
    const random = new Random(1)
    for (let round = 0; round < 50; round++) {
      const payloads = Array.from({ length: 20 }, () =>
        random.bytes(random.below(random.below(2) ? 12 : 3_000)),
      )
      const bytes = Buffer.concat(
        payloads.map((payload, index) => frame(index, index & 1, 2 ** 32 - 1 - index, payload)),
      )
      const { reader: cut, seen } = reader()
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random.below(round < 10 ? 3 : 5_000)
        cut.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(seen).toEqual(
        payloads.map((payload, index) => [index, index & 1, 2 ** 32 - 1 - index, payload.toString('hex')]),
      )
    }
  })

  it.each([0, 5, 1_001, 2 ** 32 - 1])('refuses the length %d, whole or byte by byte', (length) => {
    const bytes = Buffer.alloc(20)
    bytes.writeUInt32BE(length)
    expect(() => reader(1_000).reader.push(bytes)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
    const slow = reader(1_000).reader
    const drip = (): void => {
      for (const byte of bytes) slow.push(Buffer.of(byte))
    }
    expect(drip).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it('parses nothing after stop, not even what came in the same chunk', () => {
    let count = 0
    const stopping: FrameReader = new FrameReader(100, () => {
      count++
      stopping.stop()
    })
    stopping.push(Buffer.concat([frame(1, 0, 0), frame(1, 0, 0)]))
    stopping.push(frame(1, 0, 0))
    expect(count).toBe(1)
  })
})
