import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { LogSync } from './log-sync.ts'

/** Syncs that were begun and have not ended. */
let syncs: PromiseWithResolvers<void>[]
let log: LogSync

beforeEach(() => {
  syncs = []
  log = new LogSync(() => {
    const sync = Promise.withResolvers<void>()
    syncs.push(sync)
    return sync.promise
  })
})

describe('LogSync', () => {
  it('lets what is committed during a sync share the next one', async () => {
    const done: string[] = []
    const commit = (lane: string) => log.committed([lane]).then(() => done.push(lane))
    const all = [commit('a'), commit('b'), commit('c')]
    expect(syncs).toHaveLength(1)
    syncs[0]!.resolve()
    await all[0]
    await nextTurn()
    // The second sync began after b and c were committed, so it covers both.
    expect(done).toEqual(['a'])
    expect(syncs).toHaveLength(2)
    syncs[1]!.resolve()
    await Promise.all(all)
    expect(done).toEqual(['a', 'b', 'c'])
    expect(syncs).toHaveLength(2)
  })

  it('begins a sync of its own for what comes later', async () => {
    const first = log.committed(['a'])
    syncs[0]!.resolve()
    await first
    await nextTurn()
    const second = log.committed(['a'])
    expect(syncs).toHaveLength(2)
    syncs[1]!.resolve()
    await second
  })

  it('lets a reader wait for its own lane, and for the last of its commits', async () => {
    const first = log.committed(['a'])
    const second = log.committed(['a', 'b'])
    expect(log.pending('c')).toBeNull()
    expect(log.pending('')).toBe(log.pending('b'))
    let read = false
    const reading = log.pending('a')!.then(() => (read = true))
    syncs[0]!.resolve()
    await first
    await nextTurn()
    expect(read).toBe(false)
    syncs[1]!.resolve()
    await Promise.all([second, reading])
    expect(log.pending('a')).toBeNull()
    expect(log.pending('')).toBeNull()
  })

  it('never says again that something is on disk once a sync has failed', async () => {
    const first = log.committed(['a'])
    // It lies behind the first in the log, and is lost with it.
    const second = log.committed(['b'])
    syncs[0]!.reject(new Error('EIO'))
    await expect(first).rejects.toThrow('EIO')
    await expect(second).rejects.toThrow('EIO')
    await expect(log.committed(['c'])).rejects.toThrow('EIO')
    expect(syncs).toHaveLength(1)
  })
})
