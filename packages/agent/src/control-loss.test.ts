import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PlatformError, type UsageWindow } from '@openzimki/core'
import { processIdentity } from '@openzimki/provider'
import { TestControl } from './testing/test-control.ts'

/** Long enough for a busy machine to join within, for an agent counts from its start. */
const AWAY_MS = 3_000

let control: TestControl

beforeEach(async () => {
  control = await TestControl.open()
})

afterEach(async () => {
  await control.close()
})

const spooled = () => readdir(join(control.dir, 'state', 'spool'))

/** Windows of the deployment, as often as they came. */
const counted = (deployment: string): UsageWindow[] =>
  control.windows.filter(({ rows }) => rows.some((row) => row.deployment === deployment))

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('when control is away', () => {
  it('cells live on, and what they measured is shipped when it is back', async () => {
    await control.startAgent({ orphanMs: 600_000 })
    const { cell } = await control.load('measures-often.1')
    const pid = await control.pidOf(cell)
    await control.until(() => control.windows.length > 0)
    await control.goAway()
    await until(async () => (await spooled()).length > 0)
    const before = control.windows.length
    await control.listen()
    await control.until(() => control.isJoined && control.windows.length > before + 3)
    expect(await control.pidOf(cell)).toBe(pid)
    const sequences = new Set(control.windows.map(({ sequence }) => sequence))
    expect([...sequences].sort((a, b) => a - b)).toEqual(
      Array.from({ length: sequences.size }, (_, index) => index + 1),
    )
    expect((await control.load('measures-often.1')).cell).toBe(cell)
    await until(async () => (await spooled()).length === 0)
  })

  it('for too long, cells end in order and the agent with them', async () => {
    const agent = await control.startAgent({ orphanMs: AWAY_MS })
    const { cell } = await control.load('waits-for-ack.1')
    const pid = await control.pidOf(cell)
    await control.goAway()
    expect(await agent.ended).toContain(`control was away for ${AWAY_MS} ms`)
    expect(await processIdentity(pid)).toBeNull()
    expect(await spooled()).toHaveLength(1)
  })

  it('the next agent in the same folder ships what the last one could not', async () => {
    const agent = await control.startAgent({ orphanMs: AWAY_MS })
    await control.load('waits-for-ack.1')
    await control.goAway()
    await agent.ended
    await control.listen()
    await control.startAgent()
    await control.until(() => counted('waits-for-ack.1').length === 1)
  })

  it('nothing of an agent that still runs is taken, and a line cut short is left out', async () => {
    const dir = join(control.dir, 'state', 'spool')
    await mkdir(dir, { recursive: true })
    const alive = encodeURIComponent((await processIdentity(process.ppid)) ?? '')
    await writeFile(join(dir, `${alive}.usage.jsonl`), JSON.stringify(emptyWindow('alive')))
    await writeFile(
      join(dir, '1%40gone.usage.jsonl'),
      `${JSON.stringify(emptyWindow('gone'))}\n{"source":"cut`,
    )
    await control.startAgent()
    await control.until(() => control.windows.length > 0)
    await until(async () => (await spooled()).length === 1)
    expect(control.windows.map(({ source }) => source)).toEqual(['gone'])
  })
})

describe('when control is there', () => {
  it('and cannot take a window for a while, it is kept and tried again', async () => {
    await control.startAgent()
    control.refuseUsage = new PlatformError('UNAVAILABLE', 'the database is locked')
    await control.load('measures.1')
    await until(async () => (await spooled()).length > 0)
    control.refuseUsage = null
    await control.until(() => counted('measures.1').length === 1)
  })

  it('and will never take a window, the next ones are not held up', async () => {
    await control.startAgent()
    control.refuseUsage = new PlatformError('INVALID_ARGUMENT', 'no such account')
    await control.load('measures.1')
    await until(async () => control.notes.some((note) => note.includes('no such account')))
    control.refuseUsage = null
    await control.load('measures.2')
    await control.until(() => counted('measures.2').length === 1)
    expect(counted('measures.1')).toEqual([])
  })

  it('and a cell dies, the windows it had sent are still delivered', async () => {
    await control.startAgent()
    control.refuseUsage = new PlatformError('UNAVAILABLE', 'not now')
    const { cell } = await control.load('measures.1')
    await until(async () => (await spooled()).length > 0)
    process.kill(await control.pidOf(cell), 'SIGKILL')
    await control.until(() => control.gone.length > 0)
    control.refuseUsage = null
    await control.until(() => counted('measures.1').some(({ source }) => source === cell))
  })
})

function emptyWindow(source: string): UsageWindow {
  return { source, sequence: 1, startMs: 1, endMs: 2, rows: [] }
}
