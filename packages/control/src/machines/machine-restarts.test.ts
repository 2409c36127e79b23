import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock, PlatformError } from '@openzimki/core'
import type { Knex } from 'knex'
import { openDatabase } from '../database/open-database.ts'
import { type Admission, MachineRegistry } from './machine-registry.ts'

let folder: string
let db: Knex
let registry: MachineRegistry
let clock: ManualClock
/** What the infrastructure says; null: it starts machines once. */
let incarnation: string | null
let token: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'restarts-'))
  clock = new ManualClock(0)
  db = await openDatabase({ location: join(folder, 'c.sqlite'), schema: 'control', synchronous: 'FULL' })
  const context = { db, clock, randomUUID: () => 'id', log: () => undefined }
  registry = new MachineRegistry(context, 1_000, async () => {
    if (incarnation === 'unknown') throw new PlatformError('UNAVAILABLE', 'it does not answer')
    return incarnation
  })
  incarnation = 'task-1'
  token = await registry.add('m-1', { pool: 'swarm', release: '1' })
})
afterEach(async () => {
  await db.destroy()
  await rm(folder, { recursive: true })
})

const comes = (publicKey: string, joinToken = token, machine = 'm-1'): Promise<Admission> =>
  registry.admit({ machine, joinToken, publicKey })
const LET_IN = { refusal: null, condemned: false, leaving: false, pool: 'swarm' }
const REPLAYED = { refusal: 'replayed-token', accused: ['m-1'] }

const audit = async (): Promise<string[]> => (await db('audit').orderBy('seq')).map(({ action }) => action)

describe('a machine that its infrastructure started again', () => {
  it('joins anew with its token, once for each start, however late; and its key of before opens nothing', async () => {
    expect(await comes('key-1')).toEqual(LET_IN)
    clock.advance(3_600_000)
    incarnation = 'task-2'
    expect(await comes('key-2')).toEqual(LET_IN)
    expect(await comes('key-2', '')).toEqual(LET_IN)
    expect(await comes('key-1', '')).toEqual({ refusal: 'dead-key', accused: [] })
    expect(await comes('key-3')).toEqual(REPLAYED)
    expect(await audit()).toEqual(['machine.add', 'machine.join', 'machine.rejoin'])
    const [entry] = await db('audit').where({ action: 'machine.rejoin' })
    expect(JSON.parse(entry.details)).toEqual({ publicKey: 'key-2', deadKey: 'key-1', incarnation: 'task-2' })
  })

  it('does not where the infrastructure tells of no other start, or starts machines once', async () => {
    await comes('key-1')
    expect(await comes('key-2')).toEqual(REPLAYED)
    incarnation = null
    expect(await comes('key-2')).toEqual(REPLAYED)
    expect(await comes('key-1', '')).toEqual(LET_IN)
  })

  it('waits, first or again, until the infrastructure says which start it is', async () => {
    incarnation = 'unknown'
    await expect(comes('key-1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    incarnation = 'task-1'
    expect(await comes('key-1')).toEqual(LET_IN)
    incarnation = 'unknown'
    await expect(comes('key-2')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await comes('key-1', '')).toEqual(LET_IN)
  })

  it('takes one of two that come for the same start; the token of the other gets the machine replaced', async () => {
    await comes('key-1')
    incarnation = 'task-2'
    const [first, second] = await Promise.all([comes('key-2'), comes('key-3')])
    const refusals = [first.refusal, second.refusal]
    expect(refusals).toContain(null)
    expect(refusals).toContain('replayed-token')
  })

  it('is refused a dead key with the token too, here and for another machine, and both are accused', async () => {
    await comes('key-1')
    incarnation = 'task-2'
    await comes('key-2')
    incarnation = 'task-3'
    expect(await comes('key-1')).toEqual({ refusal: 'dead-key', accused: ['m-1'] })
    const other = await registry.add('m-2')
    expect(await comes('key-1', other, 'm-2')).toEqual({
      refusal: 'key-of-another-machine',
      accused: ['m-1', 'm-2'],
    })
    expect(await comes('key-3')).toEqual(LET_IN)
  })

  it('does not once it is to be replaced', async () => {
    await comes('key-1')
    await registry.condemn('m-1', 'it lied')
    incarnation = 'task-2'
    expect(await comes('key-2')).toEqual(REPLAYED)
  })

  it('leaves nothing behind when it is forgotten', async () => {
    await comes('key-1')
    incarnation = 'task-2'
    await comes('key-2')
    await registry.remove('m-1')
    expect(await db('dead_keys')).toEqual([])
    expect(await comes('key-2')).toEqual({ refusal: 'unknown-machine', accused: [] })
  })
})
