import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type CellStatus, PlatformError } from '@openzimki/core'
import { processIdentity } from '@openzimki/provider'
import { TestControl } from './testing/test-control.ts'

let control: TestControl

beforeEach(async () => {
  control = await TestControl.open()
})

afterEach(async () => {
  await control.close()
})

const list = () => control.call('cell.list', null)
const cordons = (cells: CellStatus[]) => cells.map(({ cordon }) => cordon).sort()

describe('an agent', () => {
  it('joins with its token and what the machine has', async () => {
    await control.startAgent()
    expect(control.joins).toEqual([
      expect.objectContaining({ machine: 'm1', joinToken: 'secret', version: 'test', jsopNs: 100 }),
    ])
    expect(control.joins[0]?.cpus).toBeGreaterThan(0)
  })

  it('puts the deployments of one cordon into one cell and each cordon into its own', async () => {
    await control.startAgent()
    const [first, second, other] = await Promise.all([
      control.load('good.1'),
      control.load('good.2'),
      control.load('good.3', 'another account'),
    ])
    expect(first.cell).toBe(second.cell)
    expect(other.cell).not.toBe(first.cell)
    expect(first.address).toMatch(/^unix:\/.+\/c$/)
    expect(cordons(await list()).filter(Boolean)).toEqual(['account', 'another account'])
  })

  it('gives the spare to a cordon and starts another', async () => {
    await control.startAgent({ spares: 2 })
    await control.load('good.1')
    const cells = await list()
    expect(cells.filter(({ cordon }) => cordon === 'account')).toHaveLength(1)
    await control.load('good.2', 'second')
    await control.load('good.3', 'third')
    expect(new Set((await list()).map(({ pid }) => pid)).size).toBeGreaterThanOrEqual(3)
  })

  it('loads once what is asked for many times at once, and renews it the next time', async () => {
    await control.startAgent()
    const answers = await Promise.all(Array.from({ length: 20 }, () => control.load('measures.1')))
    expect(new Set(answers.map(({ cell }) => cell)).size).toBe(1)
    await control.until(() => control.windows.length > 0)
    await control.call('cell.renew', {
      cordon: 'account',
      realm: 'realm',
      deployment: 'measures.1',
      capability: 'new',
    })
    await control.until(() => control.logs.some(({ text }) => text === 'renewed new'))
    expect(control.windows).toHaveLength(1)
  })

  it('lists what it has just loaded, and nothing that was unloaded', async () => {
    await control.startAgent({ pingMs: 60_000 })
    await control.load('good.1')
    await control.load('good.2')
    await control.call('cell.unload', { cordon: 'account', realm: 'realm', deployment: 'good.1' })
    const isolates = (await list()).flatMap((cell) => cell.isolates)
    expect(isolates.map(({ deployment }) => deployment)).toEqual(['good.2'])
  })

  it('brings the error of a program with its place', async () => {
    await control.startAgent()
    const details = { file: 'a.js', line: 3, column: 1 }
    await expect(control.load('broken.1')).rejects.toMatchObject({
      code: 'SCRIPT_ERROR',
      message: 'no',
      details,
    })
    await expect(control.load('good.1')).resolves.toMatchObject({ cell: expect.any(String) })
  })

  it('gives up a load that takes too long, and can do it again', async () => {
    await control.startAgent({ loadMs: 200 })
    await expect(control.load('never.1')).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(control.load('never.1')).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('ends a cell when its last deployment is unloaded', async () => {
    await control.startAgent({ spares: 0 })
    const { cell } = await control.load('good.1')
    const pid = await control.pidOf(cell)
    await control.load('good.2')
    const unload = (deployment: string) =>
      control.call('cell.unload', { cordon: 'account', realm: 'realm', deployment })
    await unload('good.1')
    expect(cordons(await list())).toEqual(['account'])
    await unload('good.2')
    await unload('never-there')
    expect((await control.load('good.2')).cell).not.toBe(cell)
    while ((await processIdentity(pid)) !== null) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(control.gone).toEqual([])
  })

  it('refuses more cells than it may run', async () => {
    await control.startAgent({ maxCells: 1 })
    await control.load('good.1')
    await expect(control.load('good.2', 'another')).rejects.toMatchObject({ code: 'NO_CAPACITY' })
  })

  it('says how a cell ended when none can be started, and what it printed to the operator alone', async () => {
    await control.startAgent({ spares: 0, cellEnv: { FAKE_CELL_BOOT: 'fails' } })
    await expect(control.load('good.1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('exit status 7'),
    })
    expect(control.notes.join()).toContain('boot failed in /some/path')
    await expect(control.load('good.1')).rejects.not.toThrow('/some/path')
  })

  it('does not start spares in a hurry when they fail', async () => {
    const startMs = performance.now()
    await control.startAgent({ spares: 1 }, ['/nowhere/cell'])
    await expect(control.load('good.1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    const waits = () =>
      control.notes.flatMap((note) => /^spare cell: .* again in (\d+) ms$/.exec(note)?.[1] ?? [])
    while (waits().length < 3) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(waits().slice(0, 3)).toEqual(['100', '200', '400'])
    // Node may fire a timer a millisecond early.
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(100 + 200 - 2)
  })

  it.each([
    ['a deployment that would break a key', { deployment: 'a/b' }],
    ['a load without limits', { limits: undefined }],
    ['an env that is no text', { env: { A: 1 } }],
  ])('refuses %s before it reaches a cell', async (_, change) => {
    await control.startAgent()
    const load = {
      account: 'a',
      realm: 'r',
      deployment: 'd',
      kind: 'script',
      capability: 'c',
      limits: {},
      env: {},
    }
    const params = { cordon: 'account', load: { ...load, ...change } } as never
    await expect(control.call('cell.load', params)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('cuts a log line that is too long, and does not punish it', async () => {
    await control.startAgent()
    await control.load('logs-long.1')
    await control.until(() => control.logs.length > 0)
    expect(control.logs[0]?.text).toHaveLength(8 * 1024)
    expect(control.gone).toEqual([])
  })

  it('drains: the last meter arrives, cells and their sockets are gone, loads are refused', async () => {
    await control.startAgent()
    await control.load('measures-at-end.1')
    const pids = (await list()).map(({ pid }) => pid)
    await control.call('agent.drain', null)
    expect(control.windows).toHaveLength(1)
    expect(await Promise.all(pids.map(processIdentity))).toEqual(pids.map(() => null))
    expect(await readdir(join(control.dir, 'run', 's'))).toEqual([])
    await expect(control.load('good.1')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('leaves nothing behind but its key when it ends', async () => {
    const agent = await control.startAgent()
    await control.load('measures.1')
    await control.until(() => control.windows.length > 0)
    await agent.end('enough')
    expect(await agent.ended).toBe('enough')
    expect(await readdir(control.dir)).toEqual(['control', 'state'])
    expect(await readdir(join(control.dir, 'state'))).toEqual(['agent-key.pem', 'spool'])
    expect(await readdir(join(control.dir, 'state', 'spool'))).toEqual([])
  })

  it('ends at once when control refuses it for good', async () => {
    control.refuseJoin = new PlatformError('PERMISSION_DENIED', 'the join token is not known')
    const agent = await control.startAgent({ orphanMs: 600_000 })
    expect(await agent.ended).toContain('the join token is not known')
  })
})
