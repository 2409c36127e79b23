import { spawnSync } from 'node:child_process'
import { mkdir, readdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { LogBatch, UsageWindow } from '@openzimki/core'
import { leftSpools } from './left-spools.ts'
import { TestControl } from './testing/test-control.ts'

let control: TestControl

beforeEach(async () => {
  control = await TestControl.open()
})
afterEach(() => control.close())

const state = () => join(control.dir, 'state')
const spool = () => join(state(), 'spool')
const left = () => leftSpools(state(), join(control.dir, 'run'))
const windows = () => Array.fromAsync(left().windows())
const windowOf = (source: string): UsageWindow => ({ source, sequence: 1, startMs: 1, endMs: 2, rows: [] })

describe('what is left of a machine', () => {
  it('is what its agent could not ship, numbered as it was, until it is forgotten', async () => {
    const agent = await control.startAgent({ orphanMs: 3_000 })
    await control.load('waits-for-ack.1')
    await control.load('logs.1', 'another')
    await control.until(() => control.logs.length > 0)
    await control.goAway()
    expect(await agent.ended).toContain('away')
    expect((await windows()).map(({ rows }) => rows[0]?.deployment)).toEqual(['waits-for-ack.1'])
    await left().forget()
    expect(await windows()).toEqual([])
    expect(await readdir(control.dir)).toEqual([])
    await left().forget()
  })

  it('is logs too, of all its agents', async () => {
    await mkdir(spool(), { recursive: true })
    const batch: LogBatch = { source: 's', sequence: 4, entries: [] }
    await writeFile(join(spool(), '7%40a.log.jsonl'), `${JSON.stringify(batch)}\n{"source":"cut`)
    await writeFile(join(spool(), '8%40a.log.jsonl'), `${JSON.stringify({ ...batch, source: 't' })}\n`)
    expect((await Array.fromAsync(left().logs())).map(({ source }) => source).sort()).toEqual(['s', 't'])
    expect(await windows()).toEqual([])
  })

  it('is nothing where there is no folder', async () => {
    expect(await windows()).toEqual([])
    await left().forget()
  })
})

describe('a hostile machine', () => {
  it.each<[string, (path: string) => Promise<unknown>]>([
    ['a link to a file of the host', (path) => symlink(join(control.dir, 'secret'), path)],
    ['a link to a device that never ends', (path) => symlink('/dev/zero', path)],
    ['a pipe that nobody writes to', async (path) => spawnSync('mkfifo', [path])],
    ['a folder', (path) => mkdir(path)],
    [
      'more than any agent would spool',
      async (path) => writeFile(path, '').then(() => truncate(path, 65 << 20)),
    ],
  ])('leaves %s: it is not read', async (_, make) => {
    await writeFile(join(control.dir, 'secret'), `${JSON.stringify(windowOf('secret'))}\n`)
    await mkdir(spool(), { recursive: true })
    await make(join(spool(), 'evil.usage.jsonl'))
    await writeFile(join(spool(), 'good.usage.jsonl'), `${JSON.stringify(windowOf('good'))}\n`)
    expect((await windows()).map(({ source }) => source)).toEqual(['good'])
  })

  it('leaves a link in place of its folder: it is not followed, not even when it is removed', async () => {
    const elsewhere = join(control.dir, 'elsewhere')
    await mkdir(join(elsewhere, 'spool'), { recursive: true })
    await writeFile(join(elsewhere, 'spool', 'x.usage.jsonl'), `${JSON.stringify(windowOf('secret'))}\n`)
    await symlink(elsewhere, state())
    expect(await windows()).toEqual([])
    await left().forget()
    expect(await readdir(join(elsewhere, 'spool'))).toEqual(['x.usage.jsonl'])
  })
})
