import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { systemClock } from '@openzimki/core'
import Database from 'better-sqlite3'
import { openSqliteStore } from './open-sqlite-store.ts'
import { cutPower, type DiskEvent, traceDisk } from './testing/traced-disk.ts'

const WRITER = join(import.meta.dirname, 'crash-writer.ts')
/** Enough that the log is copied into the database meanwhile, and begins anew. */
const ACKNOWLEDGED = 7_000
const CUTS = 40

let directory: string
let events: DiskEvent[]

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zimki-power-'))
  await mkdir(join(directory, 'traced'))
  const filename = join(directory, 'traced', 'x.db')
  const { close } = await openSqliteStore({ filename, clock: systemClock })
  await close()
  await copyFile(filename, join(directory, 'before.db'))
  const writer = [process.execPath, WRITER, filename, 'r']
  events = await traceDisk(writer, join(directory, 'trace'), ACKNOWLEDGED)
}, 240_000)

afterAll(() => rm(directory, { recursive: true }))

/** Nothing of what was not synced, or, each second time, half of it, and some of that torn. */
function keepOf(cut: number): (index: number, bytes: number) => number {
  if (cut % 2 === 0) return () => 0
  return (index, bytes) => {
    const chance = Math.imul(index + cut * 7_919, 2_654_435_761) >>> 16
    if (chance % 2 === 0) return 0
    return chance % 5 === 0 ? Math.ceil(bytes / 2) : bytes
  }
}

/** What of the acknowledged is not there after a power cut, and what the database says of itself. */
async function judge(before: readonly DiskEvent[], keep: (index: number, bytes: number) => number) {
  const folder = await mkdtemp(join(directory, 'cut-'))
  await copyFile(join(directory, 'before.db'), join(folder, 'x.db'))
  cutPower(before, folder, keep)
  const database = new Database(join(folder, 'x.db'))
  try {
    const integrity = database.pragma('integrity_check', { simple: true })
    const there = new Set(database.prepare('select uuid from objects').pluck().all())
    const said = before.flatMap((event) => (event.kind === 'said' ? [JSON.parse(event.line).id] : []))
    return { integrity, said: said.length, missing: said.filter((id) => !there.has(id)).length }
  } finally {
    database.close()
    await rm(folder, { recursive: true })
  }
}

it('traces a writer whose log is copied and synced as it goes', () => {
  const synced = (name: string) =>
    events.filter((event) => event.kind === 'synced' && event.path.endsWith(name)).length
  expect(events.filter(({ kind }) => kind === 'said').length).toBeGreaterThanOrEqual(ACKNOWLEDGED)
  expect(synced('x.db-wal')).toBeGreaterThan(30)
  expect(synced('x.db')).toBeGreaterThan(0)
  const first = events.findIndex(({ kind }) => kind === 'said')
  const last = events.findLastIndex(({ kind }) => kind === 'said')
  const meanwhile = events.slice(first, last).filter((event) => event.kind === 'write')
  expect(meanwhile.filter(({ path }) => path.endsWith('x.db')).length).toBeGreaterThan(1_000)
  // The log begins anew with its header.
  expect(meanwhile.filter(({ path, at }) => path.endsWith('x.db-wal') && at === 0)).not.toEqual([])
})

it('loses nothing that was acknowledged when the power goes, whatever of the rest reached the disk', async () => {
  for (let cut = 0; cut < CUTS; cut++) {
    const until = Math.floor((events.length * (cut + 1)) / CUTS)
    const { integrity, missing } = await judge(events.slice(0, until), keepOf(cut))
    expect({ cut, integrity, missing }).toEqual({ cut, integrity: 'ok', missing: 0 })
  }
}, 240_000)

it('would notice a store that acknowledges before the disk has it', async () => {
  // Until the log is copied: a database file that was copied from a log that is not there would be no database at all.
  const writing = events.findIndex(({ kind }) => kind === 'said')
  const copied = events.findIndex(
    (event, index) => index > writing && event.kind === 'write' && event.path.endsWith('x.db'),
  )
  const unsynced = events
    .slice(0, copied)
    .filter((event) => event.kind !== 'synced' || !event.path.endsWith('-wal'))
  const { said, missing } = await judge(unsynced, () => 0)
  expect(said).toBeGreaterThan(100)
  expect(missing).toBe(said)
})
