import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, it } from '@jest/globals'
import { TestCell } from '../testing/test-cell.ts'
import { Contention } from './contention.ts'
import { engineError } from './engine-error.ts'

let runnable: number | null
let nowMs: number
let reads: number
let contention: Contention

beforeEach(() => {
  runnable = 1
  nowMs = 0
  reads = 0
  contention = new Contention({
    read: () => {
      reads += 1
      return runnable === null ? null : `0.20 0.18 0.12 ${runnable}/80 11206\n`
    },
    ...{ hostProcessors: 4, ownProcessors: 2, nowMs: () => nowMs },
  })
})

describe('milliseconds by the clock for a limit of CPU', () => {
  it('are as many on a host that has a processor for each thread', () => {
    expect(contention.clockMs(1_000)).toBe(1_000)
    runnable = 4
    nowMs = 250
    expect(contention.clockMs(1_000)).toBe(1_000)
  })

  it('are as many times more as threads of the host share a processor', () => {
    runnable = 10
    expect(contention.clockMs(1_000)).toBe(2_500)
  })

  it('are more at once where isolates of this process do', () => {
    for (let isolates = 0; isolates < 8; isolates += 1) contention.begins()
    expect(contention.clockMs(1_000)).toBe(4_000)
    for (let isolates = 0; isolates < 7; isolates += 1) contention.ends()
    expect(contention.clockMs(1_000)).toBe(1_000)
  })

  it('are never more than ten times as many', () => {
    runnable = 4_000
    expect(contention.clockMs(1_000)).toBe(10_000)
  })

  it('fade as the host gets calm, and are looked up four times a second at most', () => {
    runnable = 16
    expect(contention.clockMs(1_000)).toBe(4_000)
    runnable = 1
    nowMs = 249
    expect(contention.clockMs(1_000)).toBe(4_000)
    expect(reads).toBe(1)
    nowMs = 250
    expect(contention.clockMs(1_000)).toBe(2_800)
    nowMs = 2_500
    expect(contention.clockMs(1_000)).toBe(1_960)
  })

  it('are the limit where the host does not tell', () => {
    runnable = null
    expect(contention.clockMs(1_000)).toBe(1_000)
  })
})

describe('a limit of CPU on a busy host', () => {
  const crowded = () => new Contention({ read: () => '9.0 9.0 9.0 3/80 7', hostProcessors: 1 })

  it('lets a program that shares its processor go on, and stops one that does not end', async () => {
    const cell = await TestCell.open({ contention: crowded() })
    try {
      const realm = await cell.script(
        `zimki.publishPath('/', () => { const end = Date.now() + 800; while (Date.now() < end); return 'through' })
        zimki.publishPath('/never', () => { for (;;); })`,
        { limits: { cpuMs: 600 } },
      )
      expect(await realm.text('/')).toBe('through')
      const startedMs = performance.now()
      await expect(realm.text('/never')).rejects.toThrow('limit of 600 ms of CPU (cpuMs)')
      // Timers may be a little early.
      expect(performance.now() - startedMs).toBeGreaterThan(1_795)
      expect(await realm.text('/')).toBe('through')
    } finally {
      await cell.close()
    }
  })

  it('is not stretched by programs that only wait', async () => {
    const contention = new Contention({ read: () => null, ownProcessors: 0.5 })
    const cell = await TestCell.open({ allow: ['127.0.0.1'], contention })
    const held: ServerResponse[] = []
    const server = createServer((_, response) => void held.push(response)).listen(0, '127.0.0.1')
    try {
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const realm = await cell.script(
        `zimki.publishPath('/hold', () => zimki.remote.get('http://127.0.0.1:${port}/'))
        zimki.publishPath('/', () => 'here')`,
      )
      const holding = realm.text('/hold')
      await cell.until(() => held.length === 1)
      expect(contention.clockMs(100)).toBe(100)
      held[0]!.end('through')
      expect(await holding).toBe('through')
      expect(await realm.text('/')).toBe('here')
      // Begun and ended as often, or a realm of tomorrow would have another limit.
      contention.begins()
      expect(contention.clockMs(100)).toBe(200)
    } finally {
      server.closeAllConnections()
      server.close()
      await cell.close()
    }
  })

  it('is not said to have been used where the host had no time', () => {
    const ran = { limitMs: 1_000, timeoutMs: 2_000, memoryMb: 128, source: '' }
    const timeout = new Error('Script execution timed out.')
    const { message, code, details } = engineError(timeout, { ...ran, ranMs: 310.4 })
    expect(message).toBe(
      'stopped: it had 310 ms of CPU in 2000 ms, because the machine is busy, and gets no longer for its limit of 1000 ms of CPU (cpuMs): try again',
    )
    expect([code, details.limit]).toEqual(['LIMIT_EXCEEDED', 'cpuMs'])
    expect(engineError(timeout, { ...ran, ranMs: 1_900 }).message).toBe(
      'stopped: it ran longer than its limit of 1000 ms of CPU (cpuMs)',
    )
  })
})
