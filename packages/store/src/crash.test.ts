import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from '@jest/globals'
import { systemClock } from '@openzimki/core'
import Database from 'better-sqlite3'
import { openSqliteStore } from './open-sqlite-store.ts'

const WRITER = join(import.meta.dirname, 'crash-writer.ts')
const REALM = 'crashing'
const ROUNDS = 4
const ACKNOWLEDGED_BEFORE_KILL = 150

/** Runs the writer until it has acknowledged enough, kills it in the middle of its work, and gives what it acknowledged. */
async function writeAndKill(filename: string): Promise<string[]> {
  const writer = spawn(process.execPath, [WRITER, filename, REALM], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(writer, 'close')
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === ACKNOWLEDGED_BEFORE_KILL) writer.kill('SIGKILL')
  }
  // Its output ends before it has let go of the database.
  await gone
  return acknowledged
}

function integrity(filename: string): unknown {
  const database = new Database(filename)
  const result = database.pragma('integrity_check', { simple: true })
  database.close()
  return result
}

it('loses nothing that was acknowledged when it is killed while writing, again and again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'zimki-crash-'))
  const filename = join(directory, 'store.db')
  const acknowledged: { id: string; sequence: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const line of await writeAndKill(filename)) acknowledged.push(JSON.parse(line))
    expect(integrity(filename)).toBe('ok')
    const { objects, close } = await openSqliteStore({ filename, clock: systemClock })
    const journalled = new Map<string, number>()
    let last = 0
    for (;;) {
      const entries = await objects.journal(REALM, last)
      if (entries.length === 0) break
      for (const { sequence, operations } of entries) {
        expect(sequence).toBe(last + 1)
        last = sequence
        for (const operation of operations) if (operation.op === 'put') journalled.set(operation.id, sequence)
      }
    }
    for (const { id, sequence } of acknowledged) {
      expect(journalled.get(id)).toBe(sequence)
      const object = await objects.get(REALM, 'Page', id)
      expect(object?.data.id).toBe(id)
      expect(await objects.count(REALM, 'Page', { mark: id })).toBe(1)
    }
    expect(await objects.count(REALM, 'Page', {})).toBe(journalled.size)
    expect((await objects.usage(REALM)).objects).toBe(journalled.size)
    await close()
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * ACKNOWLEDGED_BEFORE_KILL)
  await rm(directory, { recursive: true })
}, 120_000)
