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

/** Watches, and resolves with what was told the nth time; the first `deaf` times nobody hears it. */
function told(times: number, deaf = 0): Promise<{ notices: MachineNotice[]; notes: string[] }> {
  const notices: MachineNotice[] = []
  const notes: string[] = []
  const enough = Promise.withResolvers<{ notices: MachineNotice[]; notes: string[] }>()
  stop = watchNotices({
    source: `file:${folder}/notice`,
    pollMs: 5,
    note: (text) => notes.push(text),
    tell: async (notice) => {
      notices.push(notice)
      if (notices.length >= times) enough.resolve({ notices, notes })
      if (notices.length <= deaf) throw new Error('control is away')
    },
  })
  return enough.promise
}

const write = (text: string) => writeFile(join(folder, 'notice'), text)

describe('the watch for notices', () => {
  it('tells control, again until it was heard', async () => {
    const heard = told(3, 2)
    await write(JSON.stringify(NOTICE))
    expect((await heard).notices).toEqual([NOTICE, NOTICE, NOTICE])
  })

  it('tells what is new, and nothing twice that was heard', async () => {
    const heard = told(2)
    await write(JSON.stringify({ ...NOTICE, kind: 'endangered' }))
    const later = setInterval(() => void write(JSON.stringify(NOTICE)), 50)
    const { notices } = await heard
    clearInterval(later)
    expect(notices.map(({ kind }) => kind)).toEqual(['endangered', 'ends'])
  })

  it('is not led astray by what is no notice', async () => {
    const heard = told(1)
    await write('{"kind":"explode"}')
    const later = setInterval(() => void write(JSON.stringify(NOTICE)), 50)
    const { notices } = await heard
    clearInterval(later)
    expect(notices).toEqual([NOTICE])
  })
})
