import { PassThrough } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { CellChannel } from './cell-channel.ts'

function channel(bounds = {}) {
  const socket = new PassThrough()
  const messages: unknown[] = []
  const broken: string[] = []
  const end = new CellChannel(
    socket,
    { messageBytes: 100, burstBytes: 1_000, backlogBytes: 1_000, ...bounds },
    { onMessage: (value) => messages.push(value), onBroken: (error) => broken.push(error.message) },
  )
  return { socket, messages, broken, end }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('CellChannel', () => {
  it('puts messages together however they are cut', async () => {
    const { socket, messages } = channel()
    for (const byte of Buffer.from('{"a":"é"}\n1\n[')) socket.write(Buffer.from([byte]))
    socket.write('2]\n"x"\n')
    await settled()
    expect(messages).toEqual([{ a: 'é' }, 1, [2], 'x'])
  })

  it.each([
    ['a message that is too long', `"${'x'.repeat(200)}`],
    ['no JSON', 'hello\n'],
    ['an empty line', '\n'],
  ])('breaks at %s, once, and reads no more', async (_, text) => {
    const { socket, messages, broken } = channel()
    socket.write(text)
    socket.write('1\n')
    await settled()
    expect(broken).toHaveLength(1)
    expect(messages).toEqual([])
  })

  it('lets a cell wait that sends more than its burst', async () => {
    const { socket, messages, end } = channel({ burstBytes: 10 })
    for (let count = 0; count < 10; count += 1) {
      socket.write('"12345678"\n')
      await settled()
    }
    expect(messages.length).toBeLessThan(3)
    for (let refill = 0; refill < 10; refill += 1) {
      end.refill()
      await settled()
    }
    expect(messages).toHaveLength(10)
  })

  it('breaks when the cell does not read', () => {
    const { end, broken, socket } = channel({ backlogBytes: 50 })
    socket.cork()
    for (let count = 0; count < 10; count += 1) end.send({ type: 'ping', id: count })
    expect(broken).toEqual(['it does not read what it is sent'])
  })
})
