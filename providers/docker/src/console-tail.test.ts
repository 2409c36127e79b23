import { describe, expect, it } from '@jest/globals'
import { consoleTail } from './console-tail.ts'

function frame(text: string, stream = 1): Buffer {
  const body = Buffer.from(text)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body])
}

describe('consoleTail', () => {
  it('joins both streams in the order of the engine', () => {
    expect(consoleTail(Buffer.concat([frame('a\n'), frame('b\n', 2), frame('c\n')]), 100)).toBe('a\nb\nc\n')
  })

  it('gives the end, from the start of a character on', () => {
    expect(consoleTail(frame('héé'), 3)).toBe('é')
    expect(consoleTail(frame('abc'), 2)).toBe('bc')
  })

  it('takes what is empty, cut off or lies about its length', () => {
    expect(consoleTail(Buffer.alloc(0), 10)).toBe('')
    expect(consoleTail(frame('abc').subarray(0, 5), 10)).toBe('')
    expect(consoleTail(frame('abc').subarray(0, 9), 10)).toBe('a')
    const lie = frame('abc')
    lie.writeUInt32BE(0xffffffff, 4)
    expect(consoleTail(lie, 10)).toBe('abc')
  })
})
