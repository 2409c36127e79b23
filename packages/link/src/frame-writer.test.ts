import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from '@jest/globals'
import { FrameReader } from './frame-reader.ts'
import { FrameWriter } from './frame-writer.ts'
import { FRAME } from './wire.ts'

/** A writer, and the streams' numbers in each of its writes. */
function writer() {
  const writes: number[][] = []
  const reader = new FrameReader(1_000, (_type, _flags, stream) => {
    writes.at(-1)!.push(stream)
  })
  const socket = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writes.push([])
      reader.push(chunk)
      done()
    },
  })
  return { writer: new FrameWriter(socket as never, () => undefined), writes }
}

const open = (to: FrameWriter, stream: number): void => to.head(FRAME.open, 0, stream, '{}', null, 100)

it('what comes in one turn leaves in one write, at its end', async () => {
  const { writer: one, writes } = writer()
  for (const stream of [1, 3, 5]) {
    open(one, stream)
    one.data(stream, Buffer.from('x'), 0, 1, true)
  }
  expect(writes).toEqual([])
  await turn()
  expect(writes).toEqual([[1, 1, 3, 3, 5, 5]])
})

it('of many heads sixteen leave at once, so that the peer begins on them', async () => {
  const { writer: many, writes } = writer()
  const streams = Array.from({ length: 40 }, (_, n) => 2 * n + 1)
  for (const stream of streams) open(many, stream)
  expect(writes).toEqual([streams.slice(0, 16), streams.slice(16, 32)])
  await turn()
  expect(writes).toEqual([streams.slice(0, 16), streams.slice(16, 32), streams.slice(32)])
  open(many, 81)
  await turn()
  expect(writes.at(-1)).toEqual([81])
})
