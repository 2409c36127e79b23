import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it } from '@jest/globals'
import { ensurePreludes } from './prelude.ts'

it('snapshots that two make in one folder at the same time are made by either', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'zimki-preludes-'))
  try {
    const [one, other] = await Promise.all([ensurePreludes(directory), ensurePreludes(directory)])
    expect(one).toEqual(other)
    expect((await readdir(directory)).sort()).toEqual(
      Object.values(one)
        .map((path) => basename(path))
        .sort(),
    )
  } finally {
    await rm(directory, { recursive: true })
  }
})
