import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { DEFAULT_LIMITS, PlatformError } from '@openzimki/core'
import type { IsolateHost } from '../engine/isolate-host.ts'
import { ensurePreludes, readSnapshot } from '../engine/prelude.ts'
import { IsolatePool } from './isolate-pool.ts'
import { rehearse } from './rehearse.ts'

let folder: string
let pool: IsolatePool
let taken: { kind: string; host: IsolateHost }[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zimki-rehearsal-'))
  const preludes = await ensurePreludes(join(tmpdir(), 'zimki-test-preludes'))
  const snapshots = {
    script: await readSnapshot(preludes.script),
    module: await readSnapshot(preludes.module),
  }
  pool = new IsolatePool({ snapshots, spares: 1, spareMemoryMb: DEFAULT_LIMITS.memoryMb })
  const take = pool.take.bind(pool)
  taken = []
  pool.take = async (kind, memoryMb) => {
    const host = await take(kind, memoryMb)
    taken.push({ kind, host })
    return host
  }
})
afterEach(async () => {
  pool.close()
  await rm(folder, { recursive: true })
})

const address = (): string => `unix:${join(folder, 'r')}`

describe('the rehearsal of a cell', () => {
  it('is answered by a realm of each kind, and leaves no isolate behind', async () => {
    await rehearse({ pool, address: address(), isOver: () => false })
    expect(taken.map(({ kind }) => kind)).toEqual(['script', 'module'])
    for (const { host } of taken) expect(host.dead).toMatchObject({ code: 'UNAVAILABLE' })
    expect(await readdir(folder)).toEqual([])
  })

  it('ends where somebody needs the cell, after the request that runs', async () => {
    await rehearse({ pool, address: address(), isOver: () => taken.length > 0 })
    expect(taken.map(({ kind }) => kind)).toEqual(['script'])
    expect(taken[0]!.host.dead).toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('says so where it was not answered', async () => {
    pool.take = () => Promise.reject(new PlatformError('NO_CAPACITY', 'no isolate'))
    await expect(rehearse({ pool, address: address(), isOver: () => false })).rejects.toThrow('no isolate')
  })
})
