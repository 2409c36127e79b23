import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { makeStateFolder, sweepDead } from './state-folder.ts'

const ROUNDS = 30

it('the folder of a simulator that starts is never taken for one that a dead one left', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'state-'))
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      let isMade = false
      const made = makeStateFolder(parent).finally(() => {
        isMade = true
      })
      while (!isMade) expect(await sweepDead(parent)).toEqual([])
      const { path } = await made
      expect(await readdir(path)).toEqual(['owner'])
    }
  } finally {
    await rm(parent, { recursive: true, force: true })
  }
})
