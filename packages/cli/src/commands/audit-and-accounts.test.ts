import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { type TestSetup, testCli } from '../testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function cli(setup: TestSetup = {}) {
  const made = testCli(setup)
  removals.push(made.folder.remove)
  return made
}

const ACCOUNT = '11111111-1111-4111-8111-111111111111'
const recordOf = (id: number, over: Record<string, unknown> = {}) => ({
  ...{ id: String(id), timeMs: Date.UTC(2026, 10, 1) + id * 1000, account: ACCOUNT, actor: 'operator' },
  ...{ action: 'realm.create', target: `realm-${id}`, details: {} },
  ...over,
})
/** Of so many records, newest first, as the API pages them. */
const pages =
  (count: () => number) =>
  ({ query }: { query: Record<string, string> }) => {
    const from = query.after === undefined ? count() : Number(query.after) - 1
    const ids = Array.from({ length: Math.min(from, Number(query.limit)) }, (_, index) => from - index)
    const last = ids.at(-1) ?? 1
    return { items: ids.map((id) => recordOf(id)), next: last > 1 ? String(last) : null }
  }

describe('zimki audit', () => {
  it('shows the newest in the order in which they happened', async () => {
    const { run, output } = cli({ answers: { 'audit.list': pages(() => 500) } })
    expect(await run('audit', '--lines', '2')).toBe(0)
    const [head, ...lines] = output.out.trim().split('\n')
    expect(head).toMatch(/^TIME +WHO +ACTION +TARGET/)
    expect(lines.map((line) => line.match(/realm-\d+/)?.[0])).toEqual(['realm-499', 'realm-500'])
  })

  it('goes over pages, and gives one document with --json', async () => {
    const { run, json, calls } = cli({ answers: { 'audit.list': pages(() => 2_500) } })
    expect(await run('audit', '-n', '2200', '--json')).toBe(0)
    const items = json().items as { id: string }[]
    expect([items.length, items[0]?.id, items.at(-1)?.id]).toEqual([2_200, '301', '2500'])
    expect(calls).toHaveLength(3)
  })

  it('asks the server for what is wanted alone', async () => {
    const { run, calls, output } = cli({ answers: { 'audit.list': () => ({ items: [], next: null }) } })
    const filters = [
      '--action',
      'machine.lie',
      '--target',
      'm-1',
      '--from',
      '2026-11-01',
      '--to',
      '2026-11-02',
    ]
    expect(await run('audit', ...filters)).toBe(0)
    expect(calls[0]?.query).toEqual({
      ...{ limit: '100', action: 'machine.lie', target: 'm-1' },
      ...{ from: String(Date.UTC(2026, 10, 1)), to: String(Date.UTC(2026, 10, 2)) },
    })
    expect(output.out).toBe('Nothing of that kind is in the audit.\n')
    expect(await run('audit', '--from', 'yesterday')).toBe(2)
    expect(await run('audit', '--lines', '0')).toBe(2)
  })

  it('goes on as things happen, shows each once, and bears a server that is away', async () => {
    let count = 3
    let asked = 0
    const answer = pages(() => count)
    const answers = {
      'audit.list': (call: { query: Record<string, string> }) => {
        asked += 1
        if (asked === 2) return new PlatformError('UNAVAILABLE', 'away')
        if (asked === 4) count = 5
        return answer(call)
      },
    }
    const { run, stop, printed, output } = cli({ answers })
    const ended = run('audit', '-f', '-n', '2', '--json')
    await printed('realm-5')
    stop()
    expect(await ended).toBe(0)
    const ids = output.out
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { id: string }).id)
    expect(ids).toEqual(['2', '3', '4', '5'])
    expect(output.err).toContain('trying again')
  })

  it('prints nothing that a terminal would obey, and ends a line only at its end', async () => {
    const evil = recordOf(1, { target: 'x\u001b[2J\nforged', details: { why: '\u001b]0;t\u0007' } })
    const { run, stop, printed, output } = cli({
      answers: { 'audit.list': () => ({ items: [evil], next: null }) },
    })
    const ended = run('audit', '-f')
    await printed('forged')
    stop()
    await ended
    expect(output.out).not.toContain('\u001b')
    expect(output.out.trim().split('\n')).toHaveLength(1)
  })
})

describe('zimki accounts', () => {
  const account = {
    ...{ id: ACCOUNT, name: 'acme', role: 'customer', state: 'active', trusted: false, createdAtMs: 0 },
  }

  it('lists accounts, and who is trusted', async () => {
    const items = [account, { ...account, name: 'us', role: 'operator' }, { ...account, trusted: true }]
    const { run, output } = cli({ answers: { 'accounts.list': () => ({ items, next: null }) } })
    expect(await run('accounts')).toBe(0)
    const [, ...lines] = output.out.trim().split('\n')
    expect(lines.map((line) => line.match(/ (yes|no) /)?.[1])).toEqual(['no', 'yes', 'yes'])
  })

  it('creates one with its first token', async () => {
    const answers = {
      'accounts.create': () => account,
      'tokens.create': () => ({
        ...{ id: ACCOUNT, account: ACCOUNT, name: 'first', createdAtMs: 0, expiresAtMs: null },
        ...{ lastUsedAtMs: null, token: 'zt_secret' },
      }),
    }
    const { run, output, calls } = cli({ answers })
    expect(await run('accounts', 'create', 'acme', '--trusted')).toBe(0)
    expect(output.out).toBe(`account ${ACCOUNT}\ntoken   zt_secret\n`)
    expect(calls.map(({ body }) => body)).toEqual([
      { name: 'acme', trusted: true },
      { name: 'first', account: ACCOUNT },
    ])
  })

  it.each([
    ['trust', { trusted: true }],
    ['distrust', { trusted: false }],
    ['suspend', { state: 'suspended' }],
    ['reactivate', { state: 'active' }],
  ])('can %s one', async (verb, body) => {
    const { run, calls } = cli({ answers: { 'accounts.update': () => account } })
    expect(await run('accounts', verb, ACCOUNT)).toBe(0)
    expect(calls[0]).toMatchObject({ params: { account: ACCOUNT }, body })
  })

  it('deletes one only when it is meant', async () => {
    const { run, calls } = cli({ answers: { 'accounts.delete': () => null } })
    expect(await run('accounts', 'delete', ACCOUNT)).toBe(2)
    expect(calls).toEqual([])
    expect(await run('accounts', 'delete', ACCOUNT, '--yes')).toBe(0)
  })
})
