import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type LogBatch, type LogEntry, PlatformError } from '@openzimki/core'
import { DiskSpool } from './disk-spool.ts'
import { LogForwarder } from './log-forwarder.ts'
import { openSpools } from './machine-spools.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'logs-'))
})
afterEach(() => rm(dir, { recursive: true }))

function entry(deployment: string, text: string): LogEntry {
  return { timeMs: 1, realm: 'r', deployment, request: null, level: 'info', text }
}

interface Bounds {
  perDeployment?: number
  totalChars?: number
  spoolBytes?: number
}

/** `fail`: control does not answer. `loseAnswers`: it takes the batch, and its answer is lost. */
async function forwarder({ spoolBytes, ...bounds }: Bounds = {}) {
  const batches: LogEntry[][] = []
  const names: string[] = []
  const state = { fail: false, loseAnswers: false, refuse: false }
  const parse = (value: unknown) => value as LogBatch
  const spool = spoolBytes
    ? await DiskSpool.open({ dir, suffix: '.log.jsonl', maxBytes: spoolBytes, sync: false, parse })
    : (await openSpools(dir)).logs
  const logs = new LogForwarder({
    source: 'run',
    ship: async ({ source, sequence, entries }) => {
      if (state.fail) throw new PlatformError('UNAVAILABLE', 'away')
      if (state.refuse) throw new PlatformError('INVALID_ARGUMENT', 'nonsense')
      // What control does with a number that it knows.
      if (!names.includes(`${source} ${sequence}`)) batches.push(entries)
      names.push(`${source} ${sequence}`)
      if (state.loseAnswers) throw new PlatformError('UNAVAILABLE', 'cut')
    },
    spool,
    wallMs: () => 7,
    note: () => undefined,
    ...bounds,
  })
  logs.online()
  return { logs, batches, names, state }
}

describe('LogForwarder', () => {
  it('sends in order, in batches', async () => {
    const { logs, batches } = await forwarder()
    logs.add(Array.from({ length: 900 }, (_, index) => entry('a', `${index}`)))
    await logs.flush()
    expect(batches.length).toBe(2)
    expect(batches.flat().map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 900 }, (_, index) => index),
    )
  })

  it('drops what is too much of one deployment only, and says so where it happened', async () => {
    const { logs, batches } = await forwarder({ perDeployment: 3 })
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
    const { logs, batches } = await forwarder({ totalChars: 10 })
    for (let round = 0; round < 3; round += 1) {
      logs.add([entry('a', 'x'.repeat(9)), entry('b', 'yy')])
      await logs.flush()
    }
    expect(batches.flat().filter(({ text }) => text.startsWith('x'))).toHaveLength(3)
    expect(batches.flat().filter(({ deployment }) => deployment === 'b')).toHaveLength(3)
  })

  it('keeps a batch small in bytes too', async () => {
    const { logs, batches } = await forwarder()
    logs.add(Array.from({ length: 100 }, () => entry('a', 'x'.repeat(60_000))))
    await logs.flush()
    const largest = Math.max(...batches.map((batch) => batch.reduce((sum, { text }) => sum + text.length, 0)))
    expect(largest).toBeLessThanOrEqual(1 << 20)
    expect(batches.flat()).toHaveLength(100)
  })

  it('spools while control is away, and ships in order when it is back, with what came meanwhile', async () => {
    const { logs, batches, names } = await forwarder()
    logs.offline()
    for (const text of ['1', '2']) {
      logs.add([entry('a', text)])
      await logs.flush()
    }
    expect(batches).toEqual([])
    expect(await readdir(join(dir, 'spool'))).toHaveLength(1)
    logs.add([entry('a', '3')])
    logs.online()
    await logs.flush()
    expect(batches.flat().map(({ text }) => text)).toEqual(['1', '2', '3'])
    expect(names).toEqual(['run 1', 'run 2', 'run 3'])
    expect(await readdir(join(dir, 'spool'))).toEqual([])
  })

  it('says again what may not have arrived, under the same number', async () => {
    const { logs, batches, names, state } = await forwarder()
    state.loseAnswers = true
    logs.add([entry('a', '1')])
    await logs.flush()
    state.loseAnswers = false
    logs.add([entry('a', '2')])
    await logs.flush()
    expect(batches.flat().map(({ text }) => text)).toEqual(['1', '2'])
    expect(names).toEqual(['run 1', 'run 1', 'run 2'])
  })

  it('counts what does not fit into the spool, and says so when there is room again', async () => {
    const { logs, batches, state } = await forwarder({ spoolBytes: 300 })
    state.fail = true
    for (const text of ['1', '2', '3', '4']) {
      logs.add([entry('a', text.repeat(60))])
      await logs.flush()
    }
    state.fail = false
    await logs.flush()
    expect(batches.flat().map(({ text }) => text.slice(0, 16))).toEqual([
      '1'.repeat(16),
      expect.stringMatching(/^\[\d log entries/),
    ])
  })

  it('is not held up by a batch that control will never take', async () => {
    const { logs, batches, state } = await forwarder()
    state.refuse = true
    logs.add([entry('a', 'bad')])
    await logs.flush()
    state.refuse = false
    logs.add([entry('a', 'good')])
    await logs.flush()
    expect(batches.flat().map(({ text }) => text)).toEqual(['good'])
  })
})
