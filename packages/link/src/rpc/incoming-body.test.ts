import { describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { IncomingBody } from './incoming-body.ts'

function body(): { body: IncomingBody; taken: () => number; abandoned: () => boolean } {
  let taken = 0
  let abandoned = false
  const incoming = new IncomingBody(
    (bytes) => {
      taken += bytes
    },
    () => {
      abandoned = true
    },
  )
  return { body: incoming, taken: () => taken, abandoned: () => abandoned }
}

describe('IncomingBody', () => {
  it('gathers what comes byte by byte into few chunks, so that a byte does not cost an object', async () => {
    const { body: incoming, taken } = body()
    for (let index = 0; index < 40_000; index++) incoming.push(Buffer.of(index % 256))
    incoming.push(Buffer.alloc(5_000, 1))
    incoming.push(Buffer.of(2))
    incoming.end()
    expect(taken()).toBe(0)
    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    expect(chunks.map(({ length }) => length)).toEqual([16_384, 16_384, 7_232, 5_000, 1])
    expect(Buffer.concat(chunks).subarray(0, 300)).toEqual(
      Buffer.from(Array.from({ length: 300 }, (_, at) => at % 256)),
    )
    expect(taken()).toBe(45_001)
  })

  it('keeps nothing, and gives all credit back, once its reader has left', async () => {
    const { body: incoming, taken, abandoned } = body()
    for (let index = 0; index < 3; index++) incoming.push(Buffer.alloc(2_000))
    for await (const chunk of incoming) if (chunk.length > 0) break
    expect([taken(), abandoned()]).toEqual([6_000, true])
    incoming.push(Buffer.alloc(700))
    expect(taken()).toBe(6_700)
  })

  it('hands out what had arrived before it failed', async () => {
    const { body: incoming } = body()
    incoming.push(Buffer.alloc(10))
    incoming.fail(new PlatformError('CANCELLED', 'gone'))
    let size = 0
    const read = (async () => {
      for await (const chunk of incoming) size += chunk.length
    })()
    await expect(read).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(size).toBe(10)
  })
})
