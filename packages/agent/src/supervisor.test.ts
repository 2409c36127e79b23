import type { ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { agentSettings } from './agent-config.ts'
import { createSpawner } from './cell-spawner.ts'
import { Supervisor, type SupervisorOptions } from './supervisor.ts'
import { FAKE_CELL, testLoad } from './testing/test-control.ts'

type Gone = Parameters<SupervisorOptions['onGone']>[0]

const MIB = 1024 * 1024

let dir: string
let supervisor: Supervisor
let gone: Gone[]
/** What the test says that time and memory are. */
let world: { aheadMs: number; rssBytes: number | null }

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'supervisor-'))
  gone = []
  world = { aheadMs: 0, rssBytes: 1 }
  told = []
  processes = []
  supervisor = await supervisorOf(0)
})

/** Spares that were told of. */
let told: { cell: string; address: string }[]
let processes: ChildProcess[]

/** No cell's process is started before `gate`. */
async function supervisorOf(spares: number, gate: Promise<void> = Promise.resolve()): Promise<Supervisor> {
  const spawnCell = await createSpawner({
    command: [process.execPath, FAKE_CELL],
    runDir: dir,
    store: '/nowhere',
    jsopNs: 1,
    egressAllow: '',
    meter: 'on',
    cellEnv: {},
    users: null,
  })
  return new Supervisor({
    settings: agentSettings({ spares, cellRssBytes: 100 * MIB }),
    spawnCell: async () => {
      await gate
      const spawned = await spawnCell()
      processes.push(spawned.child)
      return spawned
    },
    nowMs: () => performance.now() + world.aheadMs,
    rssBytes: async () => world.rssBytes,
    cpuMs: async () => null,
    onUsage: () => undefined,
    onLog: () => undefined,
    onSpare: (spare) => told.push(spare),
    onGone: (what) => gone.push(what),
    note: () => undefined,
  })
}

afterEach(async () => {
  await supervisor.drain('the test is over')
  await rm(dir, { recursive: true, force: true })
})

async function cellOf(deployment: string): Promise<string | undefined> {
  const cells = await supervisor.list()
  return cells.find(({ isolates }) => isolates.some((isolate) => isolate.deployment === deployment))?.cell
}

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('Supervisor', () => {
  it('tells of each spare cell when it is ready, and of none that was started for somebody', async () => {
    await supervisor.drain('another follows')
    supervisor = await supervisorOf(1)
    supervisor.start()
    await until(async () => told.length === 1)
    const [spare] = await supervisor.list()
    expect(told).toEqual([{ cell: spare!.cell, address: spare!.address }])
  })

  it('is drained when the cell is gone, too, whose process was just being started', async () => {
    await supervisor.drain('another follows')
    const gate = Promise.withResolvers<void>()
    supervisor = await supervisorOf(1, gate.promise)
    supervisor.start()
    const drained = supervisor.drain('the test is over')
    gate.resolve()
    await drained
    expect(processes.map(({ signalCode }) => signalCode)).toEqual(['SIGKILL'])
    expect(await readdir(join(dir, 's'))).toEqual([])
  })

  it('replaces a cell that grew too large: its deployments move before it is drained', async () => {
    const { cell } = await supervisor.load('account', testLoad('good.1'))
    await supervisor.load('account', testLoad('good.2'))
    world = { aheadMs: 11_000, rssBytes: 101 * MIB }
    await supervisor.watch(0)
    world.rssBytes = 1
    await until(async () => gone.length > 0)
    expect(gone).toEqual([
      { cell, cordon: 'account', reason: expect.stringContaining('101 MiB'), offenders: [] },
    ])
    await until(async () => (await supervisor.list()).length === 1)
    expect(await cellOf('good.1')).toBe(await cellOf('good.2'))
    expect(await cellOf('good.1')).not.toBe(cell)
  })

  it('kills a cell at once that grew far too large, and blames the one that was alone', async () => {
    const { cell } = await supervisor.load('account', testLoad('good.1'))
    world.rssBytes = 151 * MIB
    await supervisor.watch(0)
    await until(async () => gone.length > 0)
    expect(gone[0]).toMatchObject({ cell, offenders: [{ deployment: 'good.1', refused: false }] })
  })

  it('does not blame cells for the time in which the machine stood still', async () => {
    await supervisor.load('account', testLoad('good.1'))
    await supervisor.watch(0)
    world.aheadMs = 60_000
    await supervisor.watch(60_000)
    expect(gone).toEqual([])
    expect(await cellOf('good.1')).toBeDefined()
  })

  it('kills a cell that never gets ready, and fails the load in the end', async () => {
    world.rssBytes = null
    const load = supervisor.load('account', testLoad('good.1'))
    const outcome = load.catch((error: Error) => error.message)
    while (!(await settled(outcome))) {
      world.aheadMs += 16_000
      await supervisor.watch(0)
    }
    expect(await outcome).toContain('not ready within')
  })
})

async function settled(work: Promise<unknown>): Promise<boolean> {
  const nothing = Symbol('nothing')
  const tick = new Promise((resolve) => setImmediate(() => resolve(nothing)))
  return (await Promise.race([work, tick])) !== nothing
}
