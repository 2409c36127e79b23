import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { parsePools } from '@openzimki/control'
import { openPools } from './open-pools.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function open(pool: object) {
  const folder = await mkdtemp(join(tmpdir(), 'pools-'))
  closers.push(() => rm(folder, { recursive: true }))
  const shared = { owner: 'me', agent: { command: [process.execPath], hardening: [] } }
  return openPools(
    parsePools([{ name: 'own', provider: 'local', ceiling: 1, ...pool }]),
    shared,
    () => folder,
    closers,
  )
}

describe('pools', () => {
  it('are opened as they are written down', async () => {
    const [pool] = await open({ floor: 1 })
    expect(pool).toMatchObject({ name: 'own', floor: 1, ceiling: 1, spares: 0, prepared: 0 })
  })

  it('that are to keep machines prepared are refused where the provider cannot, and are told what to do', async () => {
    await expect(open({ prepared: 1 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/Pool own .* provider local cannot do: take "prepared" out of it/),
    })
  })

  it('of a size that the provider does not have are refused', async () => {
    await expect(open({ size: 'huge' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('size or zone that its provider does not have'),
    })
  })
})
