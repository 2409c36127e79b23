import { access } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { LogEntry } from '@openzimki/core'
import { TestControl, testLoad } from './testing/test-control.ts'

/** Longer than a busy machine lets a cell wait that does nothing wrong. */
const HANG_MS = 2_000

let control: TestControl

beforeEach(async () => {
  control = await TestControl.open()
})

afterEach(async () => {
  await control.close()
})

const goneFor = (count = 1) => control.until(() => control.gone.length >= count)
const list = () => control.call('cell.list', null)
/** Deployments that the cell itself has reported; a heap of 0 is the agent's own word for one just loaded. */
async function loaded(cordon = 'account'): Promise<string[]> {
  const cells = (await list()).filter((cell) => cell.cordon === cordon)
  return cells
    .flatMap(({ isolates }) =>
      isolates.filter(({ heapBytes }) => heapBytes > 0).map(({ deployment }) => deployment),
    )
    .sort()
}

async function untilLoaded(deployments: string[], cordon = 'account'): Promise<void> {
  while (String(await loaded(cordon)) !== String(deployments))
    await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('a cell that lies', () => {
  it.each([
    ['about a realm it never had', 'lies-realm'],
    ['about an account', 'lies-account'],
    ['about who measured', 'lies-source'],
    ['about the order of its windows', 'lies-sequence'],
    ['with negative amounts', 'lies-negative'],
    ['in the log of another realm', 'lies-log'],
    ['about loads that nobody asked for', 'lies-loaded'],
    ['with unknown messages', 'sends-unknown'],
    ['with a message that sets __proto__', 'sends-proto'],
    ['with a message that never ends', 'sends-huge'],
    ['with what is no JSON', 'sends-noise'],
  ])('%s is killed, and nothing of it is believed', async (_, deployment) => {
    // However long the message, it is not for silence that it is killed.
    await control.startAgent({ hangMs: 25_000 })
    const { cell } = await control.load(`${deployment}.1`)
    await goneFor()
    expect(control.gone[0]).toMatchObject({
      cell,
      cordon: 'account',
      reason: expect.stringContaining('broke the protocol'),
      offenders: [{ realm: 'realm', deployment: `${deployment}.1`, refused: false }],
    })
    expect(control.windows).toEqual([])
    expect(control.logs).toEqual([])
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })

  it('is refused after its third time, with the reason', async () => {
    await control.startAgent()
    for (let time = 1; time <= 3; time += 1) {
      await control.load('lies-realm.1')
      await goneFor(time)
    }
    expect(control.gone[2]?.offenders[0]?.refused).toBe(true)
    await expect(control.load('lies-realm.1')).rejects.toMatchObject({
      code: 'QUARANTINED',
      message: expect.stringContaining('broke the protocol'),
      details: { strikes: 3 },
    })
    await expect(control.load('good.1')).resolves.toBeDefined()
  })
})

describe('a cell that misbehaves', () => {
  it('and hangs is killed; the suspects are parted, the others go on without being asked', async () => {
    await control.startAgent({ hangMs: HANG_MS, spares: 2 })
    const { cell } = await control.load('good.1')
    await control.load('good.2')
    await untilLoaded(['good.1', 'good.2'])
    await control.load('hangs.1')
    await goneFor()
    expect(control.gone[0]).toMatchObject({
      cell,
      reason: expect.stringContaining('did not answer'),
      offenders: [],
    })
    await untilLoaded(['good.1', 'good.2'])
    const again = await control.load('hangs.1')
    expect((await control.load('good.1')).cell).not.toBe(again.cell)
    await goneFor(2)
    expect(control.gone[1]).toMatchObject({
      cell: again.cell,
      offenders: [{ deployment: 'hangs.1', refused: false }],
    })
    expect(await loaded()).toEqual(['good.1', 'good.2'])
  })

  it('and reports an isolate that cannot be stopped is killed for that one', async () => {
    await control.startAgent()
    await control.load('good.1')
    const { cell } = await control.load('overruns.1')
    await goneFor()
    expect(control.gone[0]).toMatchObject({
      cell,
      reason: expect.stringContaining('cpuMs'),
      offenders: [{ deployment: 'overruns.1', refused: false }],
    })
    await untilLoaded(['good.1'])
  })

  it('while it loads fails that load with a plain reason and tries the others elsewhere', async () => {
    await control.startAgent({ hangMs: HANG_MS })
    await expect(control.load('hangs-loading.1')).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('did not answer'),
    })
    await expect(control.load('good.1')).resolves.toBeDefined()
  })

  it('and crashes does not take the others of its cordon with it', async () => {
    await control.startAgent({ spares: 2 })
    await control.load('good.1')
    await untilLoaded(['good.1'])
    await control.load('crashes.1')
    await goneFor()
    expect(control.gone[0]).toMatchObject({ reason: expect.stringContaining('SIGABRT') })
    await untilLoaded(['good.1'])
  })

  it('and floods the log loses lines of its own, and the log says how many', async () => {
    await control.startAgent({ hangMs: 25_000 })
    const { promise, resolve } = Promise.withResolvers<void>()
    control.takesLogs = promise
    await control.load('floods.1')
    await control.load('logs.1')
    resolve()
    await control.until(
      () => told(control.logs.filter(({ deployment }) => deployment === 'floods.1')) === 5_000,
    )
    expect(control.logs.length).toBeLessThan(5_000)
    await control.until(() => control.logs.some(({ deployment }) => deployment === 'logs.1'))
    expect(control.gone).toEqual([])
  })

  it('and is killed from outside gets again what was prefetched for its first start alone by reading it', async () => {
    await control.startAgent({ spares: 1 })
    const prefetched = { artifact: '{}', classes: ['Page', 'Book'] }
    const load = { ...testLoad('says-prefetched.1'), prefetched }
    const { cell } = await control.call('cell.load', { cordon: 'account', load })
    await control.until(() => control.logs.some(({ text }) => text === 'prefetched Page,Book'))
    process.kill(await control.pidOf(cell), 'SIGKILL')
    await control.until(() => control.logs.some(({ text }) => text === 'prefetched nothing'))
  })

  it('and is killed from outside under many loads comes back with all of them, without blame', async () => {
    await control.startAgent({ spares: 2 })
    const deployments = Array.from({ length: 30 }, (_, index) => `good.${index + 10}`)
    const { cell } = await control.load('busy.1')
    const pid = await control.pidOf(cell)
    const loads = deployments.map((deployment) => control.load(deployment))
    process.kill(pid, 'SIGKILL')
    const answers = await Promise.all(loads)
    await goneFor()
    expect(control.gone[0]).toMatchObject({ cell, offenders: [] })
    await untilLoaded(['busy.1', ...deployments].sort())
    expect(answers).toHaveLength(30)
  })
})

/** Lines that came, and lines said to be lost. */
function told(entries: readonly LogEntry[]): number {
  const lost = entries.flatMap(({ text }) => /^\[(\d+) log/.exec(text)?.[1] ?? []).map(Number)
  return entries.length - lost.length + lost.reduce((sum, count) => sum + count, 0)
}

describe('the process of a cell', () => {
  it('inherits nothing of the agent: neither environment nor the right to write', async () => {
    process.env.ZIMKI_TEST_SECRET = 'join token'
    try {
      await control.startAgent()
      await Promise.all([control.load('logs.1'), control.load('writes.1')])
      await control.until(() => control.logs.length >= 2)
    } finally {
      delete process.env.ZIMKI_TEST_SECRET
    }
    const names = JSON.parse(
      control.logs.find(({ deployment }) => deployment === 'logs.1')?.text ?? '[]',
    ) as string[]
    expect(names.filter((name) => !name.startsWith('ZIMKI_CELL_'))).toEqual(['TZ'])
    const written = control.logs.find(({ deployment }) => deployment === 'writes.1')
    expect(written?.text).toBe((await isThere('/usr/bin/prlimit')) ? 'EFBIG' : 'wrote')
  })

  it('runs as a user of its own where the agent may change users', async () => {
    const isRoot = process.getuid?.() === 0
    await control.startAgent({ cellUsers: { firstUid: 1_900_000_001, gid: 1_900_000_000, count: 50 } })
    await control.load('logs-user.1')
    await control.until(() => control.logs.length > 0)
    const mine = `${process.getuid?.()} ${process.getgid?.()}`
    const user = isRoot ? /^19000000\d\d 1900000000$/ : new RegExp(`^${mine}$`)
    const [text = '', where] = control.logs[0]?.text.split(/ (?=\/)/) ?? []
    expect([text, where]).toEqual([expect.stringMatching(user), `${control.dir}/run/empty`])
  })
})

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
