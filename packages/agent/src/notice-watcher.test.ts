import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { MachineNotice } from '@openzimki/core'
import { watchNotices } from './notice-watcher.ts'

const NOTICE: MachineNotice = { kind: 'ends', atMs: 1_000, reason: 'the infrastructure takes it back' }

let folder: string
let stop: () => void

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'notice-'))
})
afterEach(async () => {
  stop()
  await rm(folder, { recursive: true, force: true })
})

/** Watches; the first `deaf` times nobody hears what is told. `said`: what was told and noted so far. */
function watch(deaf = 0) {
  const said = { notices: [] as MachineNotice[], notes: [] as string[] }
  stop = watchNotices({
    source: `file:${folder}/notice`,
    pollMs: 5,
    note: (text) => said.notes.push(text),
    tell: async (notice) => {
      said.notices.push(notice)
      if (said.notices.length <= deaf) throw new Error('control is away')
    },
  })
  return said
}

const write = (text: string) => writeFile(join(folder, 'notice'), text)

async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('the watch for notices', () => {
  it('tells control, again until it was heard', async () => {
    const { notices, notes } = watch(2)
    await write(JSON.stringify(NOTICE))
    await until(() => notes.length > 0)
    expect(notices).toEqual([NOTICE, NOTICE, NOTICE])
  })

  it('tells what is new, and nothing twice that was heard', async () => {
    const { notices, notes } = watch()
    await write(JSON.stringify({ ...NOTICE, kind: 'endangered' }))
    await until(() => notes.length === 1)
    await write(JSON.stringify(NOTICE))
    await until(() => notes.length === 2)
    expect(notices.map(({ kind }) => kind)).toEqual(['endangered', 'ends'])
  })

  it('is not led astray by what is no notice', async () => {
    const { notices, notes } = watch()
    await write('{"kind":"explode"}')
    await until(() => notes.length === 1)
    expect(notes[0]).toContain('no notice that could be read')
    await write(JSON.stringify(NOTICE))
    await until(() => notices.length > 0)
    expect(notices).toEqual([NOTICE])
  })
})
