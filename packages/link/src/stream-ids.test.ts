import { describe, expect, it } from '@jest/globals'
import { OwnStreamIds, PeerStreamIds } from './stream-ids.ts'

const TOP = 2 ** 30

describe('stream ids', () => {
  it('are odd for the client and even for the server', () => {
    const none = new Set<number>()
    const client = new OwnStreamIds(1)
    const server = new OwnStreamIds(2)
    expect([client.next(none), client.next(none), server.next(none), server.next(none)]).toEqual([1, 3, 2, 4])
  })

  it('come round after the last one, past 0 and those still in use, and the peer follows', () => {
    const own = new OwnStreamIds(TOP - 2)
    const peer = new PeerStreamIds(TOP - 2)
    const ids = [1, 2, 3].map(() => own.next(new Set([2])))
    expect(ids).toEqual([TOP - 2, 4, 6])
    expect(ids.map((id) => peer.accept(id))).toEqual([true, true, true])
    expect(peer.wasUsed(TOP - 2)).toBe(true)
    expect(own.wasUsed(8)).toBe(false)
  })

  it.each([0, 2, 4, 5, TOP, TOP + 7, TOP / 2 + 5, 2 ** 32 - 1])('refuse the forged id %d after 5', (id) => {
    const peer = new PeerStreamIds(1)
    expect([peer.accept(1), peer.accept(5)]).toEqual([true, true])
    expect(peer.accept(id)).toBe(false)
    expect(peer.last).toBe(5)
  })
})
