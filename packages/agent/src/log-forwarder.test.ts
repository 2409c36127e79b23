import { describe, expect, it } from '@jest/globals'
import { type LogEntry, PlatformError } from '@openzimki/core'
import { LogForwarder } from './log-forwarder.ts'

function entry(deployment: string, text: string): LogEntry {
  return { timeMs: 1, realm: 'r', deployment, request: null, level: 'info', text }
}

function forwarder(bounds: { perDeployment?: number; totalChars?: number } = {}) {
  const batches: LogEntry[][] = []
  const state = { fail: false }
  const logs = new LogForwarder({
    append: async (entries) => {
      if (state.fail) throw new PlatformError('UNAVAILABLE', 'away')
      batches.push(entries)
    },
    wallMs: () => 7,
    note: () => undefined,
    ...bounds,
  })
  logs.online()
  return { logs, batches, state }
}

describe('LogForwarder', () => {
  it('sends in order, in batches', async () => {
    const { logs, batches } = forwarder()
    logs.add(Array.from({ length: 900 }, (_, index) => entry('a', `${index}`)))
    await logs.flush()
    expect(batches.length).toBe(2)
    expect(batches.flat().map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 900 }, (_, index) => index),
    )
  })

  it('drops what is too much of one deployment only, and says so where it happened', async () => {
    const { logs, batches } = forwarder({ perDeployment: 3 })
    logs.add(['1', '2', '3', '4', '5'].map((text) => entry('loud', text)))
    logs.add([entry('quiet', 'hello')])
    await logs.flush()
    logs.add([entry('loud', '6')])
    await logs.flush()
    const loud = batches.flat().filter(({ deployment }) => deployment === 'loud')
    expect(loud.map(({ text }) => text.slice(0, 24))).toEqual([
      '1',
      '2',
      '3',
      '[2 log entries were drop',
      '6',
    ])
    expect(loud[3]).toMatchObject({ timeMs: 7, level: 'warn' })
    expect(batches.flat()).toContainEqual(entry('quiet', 'hello'))
  })

  it('holds no more text than its bound, and frees it', async () => {
    const { logs, batches } = forwarder({ totalChars: 10 })
    for (let round = 0; round < 3; round += 1) {
      logs.add([entry('a', 'x'.repeat(9)), entry('b', 'yy')])
      await logs.flush()
    }
    expect(batches.flat().filter(({ text }) => text.startsWith('x'))).toHaveLength(3)
    expect(batches.flat().filter(({ deployment }) => deployment === 'b')).toHaveLength(3)
  })

  it('keeps a batch small in bytes too', async () => {
    const { logs, batches } = forwarder()
    logs.add(Array.from({ length: 100 }, () => entry('a', 'x'.repeat(60_000))))
    await logs.flush()
    const largest = Math.max(...batches.map((batch) => batch.reduce((sum, { text }) => sum + text.length, 0)))
    expect(largest).toBeLessThanOrEqual(1 << 20)
    expect(batches.flat()).toHaveLength(100)
  })

  it('waits while control is away, and counts what was lost on the way', async () => {
    const { logs, batches, state } = forwarder()
    logs.offline()
    logs.add([entry('a', '1')])
    await logs.flush()
    expect(batches).toEqual([])
    logs.online()
    state.fail = true
    await logs.flush()
    state.fail = false
    await logs.flush()
    expect(batches.flat().map(({ text }) => text.slice(0, 16))).toEqual(['[1 log entries w'])
  })
})
