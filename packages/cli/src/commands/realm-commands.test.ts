import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { amounts, DIGEST, deployment, event, key, logLine, realm, UUID } from '../testing/answers.ts'
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

describe('lists', () => {
  it('reads every page', async () => {
    const answers = {
      'realms.list': ({ query }: { query: Record<string, string> }) =>
        query.after === 'two'
          ? { items: [{ ...realm, name: 'b' }], next: null }
          : { items: [realm], next: 'two' },
    }
    const { run, json } = cli({ answers })
    expect(await run('realms', '--json')).toBe(0)
    expect((json().items as { name: string }[]).map((item) => item.name)).toEqual(['hello', 'b'])
  })

  it.each([
    [['realms'], 'realms.list', realm, 'https://hello.platform.test'],
    [['keys', '--realm', 'hello'], 'keys.list', key, UUID],
    [['deployments', '--realm', 'hello'], 'deployments.list', deployment, DIGEST.slice(0, 12)],
    [
      ['users', '--realm', 'hello'],
      'users.list',
      { id: UUID, username: 'ada', createdAt: 'now', groups: ['staff'] },
      'ada',
    ],
    [
      ['domains', '--realm', 'hello'],
      'domains.list',
      { host: 'www.example.com', realm: UUID, key: UUID, createdAtMs: 0 },
      'www.example.com',
    ],
    [['secrets', '--realm', 'hello'], 'secrets.list', { name: 'API_KEY', updatedAtMs: 0 }, 'API_KEY'],
  ])('%j shows a table', async (args, route, item, text) => {
    const { run, output } = cli({ answers: { [route]: () => ({ items: [item], next: null }) } })
    expect(await run(...args)).toBe(0)
    expect(output.out).toContain(text)
    expect(output.out.split('\n')).toHaveLength(3)
  })
})

describe('keys, users and secrets', () => {
  it('takes an alias away when none is given', async () => {
    const { run, calls } = cli({ answers: { 'keys.update': () => key } })
    await run('keys', 'alias', 'hello', '--realm', 'r')
    await run('keys', 'alias', UUID, 'wiki', '--realm', 'r')
    expect(calls.map((call) => call.body)).toEqual([{ alias: null }, { alias: 'wiki' }])
  })

  it('creates and revokes keys', async () => {
    const { run, calls } = cli({ answers: { 'keys.create': () => key, 'keys.revoke': () => key } })
    expect(await run('keys', 'create', '--realm', 'r', '--alias', 'a', '--debug')).toBe(0)
    expect(await run('keys', 'revoke', 'a', '--realm', 'r')).toBe(0)
    expect(calls[0]!.body).toEqual({ alias: 'a', debug: true })
    expect(calls[1]!.params).toEqual({ realm: 'r', key: 'a' })
  })

  it('reads passwords and secrets from standard input or a terminal, and never prints them', async () => {
    const answers = {
      'users.create': () => ({ id: UUID, username: 'ada', createdAt: 'now', groups: [] }),
      'secrets.set': () => ({ name: 'KEY', updatedAtMs: 0 }),
    }
    const piped = cli({ answers, stdin: 'open sesame\n' })
    expect(await piped.run('users', 'create', 'ada', '--realm', 'r')).toBe(0)
    expect(piped.calls[0]!.body).toEqual({ username: 'ada', password: 'open sesame' })
    const fail = () => {
      throw new Error('no line is asked for')
    }
    const terminal = { lines: () => fail(), askSecret: async () => 'typed' }
    const typed = cli({ answers, terminal })
    expect(await typed.run('secrets', 'set', 'KEY', '--realm', 'r')).toBe(0)
    expect(typed.calls[0]!.body).toEqual({ value: 'typed' })
    expect(piped.output.out + piped.output.err + typed.output.out + typed.output.err).not.toMatch(
      /sesame|typed/,
    )
  })

  it('refuses an empty secret before it asks the server', async () => {
    const { run, calls } = cli({ stdin: '\n' })
    expect(await run('secrets', 'set', 'KEY', '--realm', 'r')).toBe(2)
    expect(calls).toEqual([])
  })
})

describe('the realm of the current folder', () => {
  it('is meant when none is named', async () => {
    const { run, calls } = cli({
      files: { 'realm.json': '{"name":"here"}' },
      answers: { 'keys.list': () => ({ items: [], next: null }) },
    })
    expect(await run('keys')).toBe(0)
    expect(calls[0]!.params.realm).toBe('here')
  })

  it('is asked for when there is none', async () => {
    const { run, output } = cli()
    expect(await run('keys')).toBe(2)
    expect(output.err).toContain('--realm NAME')
  })
})

describe('zimki open', () => {
  it('opens a browser at a terminal only', async () => {
    const answers = { 'realms.get': () => realm }
    const piped = cli({ answers })
    expect(await piped.run('open', '--realm', 'hello')).toBe(0)
    expect([piped.output.out, piped.opened]).toEqual(['https://hello.platform.test\n', []])
    const terminal = cli({ answers, tty: true })
    expect(await terminal.run('open', '--realm', 'hello')).toBe(0)
    expect(terminal.opened).toEqual(['https://hello.platform.test'])
  })

  it('starts nothing for an address that is no web page', async () => {
    const { run, opened } = cli({
      tty: true,
      answers: { 'realms.get': () => ({ ...realm, origin: 'file:///bin/sh' }) },
    })
    expect(await run('open', '--realm', 'hello')).toBe(1)
    expect(opened).toEqual([])
  })
})

describe('zimki logs', () => {
  it('shows the last lines, each on its own', async () => {
    const items = [logLine('1', 'one\nforged'), logLine('2', 'two')]
    const { run, output, calls } = cli({ answers: { 'logs.list': () => ({ items, next: null }) } })
    expect(await run('logs', '--realm', 'r', '-n', '2', '--level', 'info')).toBe(0)
    expect(output.out).toBe('1970-01-01 00:00:00Z info  one\n    forged\n1970-01-01 00:00:00Z info  two\n')
    expect(calls[0]!.query).toEqual({ limit: '2', level: 'info' })
  })

  it('follows, goes on after the last line when the connection breaks, and ends on Ctrl-C', async () => {
    const streams = [event('1', logLine('1', 'first')), event('2', logLine('2', 'second'))]
    const { run, output, calls, printed, stop } = cli({
      answers: { 'logs.follow': () => streams.shift() ?? ': nothing\n\n' },
    })
    const following = run('logs', '-f', '-n', '5', '--realm', 'r', '--json')
    await printed('second')
    stop()
    expect(await following).toBe(0)
    expect(
      output.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).text),
    ).toEqual(['first', 'second'])
    expect(calls[0]!.query).toEqual({ tail: '5' })
    expect(calls[1]!.query).toEqual({})
  })

  it('does not go on asking for a realm that is not there', async () => {
    const { run, calls } = cli({
      answers: { 'logs.follow': () => new PlatformError('NOT_FOUND', 'no realm') },
    })
    expect(await run('logs', '-f', '--realm', 'r')).toBe(1)
    expect(calls).toHaveLength(1)
  })
})

describe('zimki usage', () => {
  const answers = {
    'usage.get': ({ query }: { query: Record<string, string> }) => ({
      realm: UUID,
      by: query.by,
      fromMs: 0,
      toMs: 3_600_000,
      items: [{ ...amounts, group: query.after ? '/b' : '/a', alias: null }],
      next: query.after ? null : 'more',
      totals: amounts,
    }),
    'usage.readings': () => '{"a":1}\n{"b":2}\n',
  }

  it('adds up by what is asked, for a period, over all pages', async () => {
    const { run, json, calls } = cli({ answers })
    expect(
      await run(
        'usage',
        '--realm',
        'r',
        '--json',
        '--by',
        'hour',
        '--from',
        '2026-11-01',
        '--to',
        '2026-11-02T03:00',
      ),
    ).toBe(0)
    expect(json()).toMatchObject({
      by: 'hour',
      totals: { requests: 3 },
      items: [{ group: '/a' }, { group: '/b' }],
    })
    expect(calls[0]!.query).toMatchObject({
      by: 'hour',
      from: String(Date.UTC(2026, 10, 1)),
      to: String(Date.UTC(2026, 10, 2, 3)),
    })
  })

  it('shows people milliseconds and a total', async () => {
    const { run, output } = cli({ answers })
    await run('usage', '--realm', 'r')
    expect(output.out).toMatch(/total +3 +1 +2\.5 +12/)
  })

  it('writes the signed readings to a file', async () => {
    const { run, folder, json } = cli({ answers })
    expect(await run('usage', '--realm', 'r', '--readings', 'out.jsonl', '--json')).toBe(0)
    expect(json()).toMatchObject({ count: 2 })
    expect(readFileSync(join(folder.path, 'out.jsonl'), 'utf8')).toBe('{"a":1}\n{"b":2}\n')
  })
})

describe('zimki test', () => {
  const report = (ok: boolean) => ({
    ok,
    tap: `TAP version 14\n1..1\n${ok ? 'ok' : 'not ok'} 1 - home\n`,
    tests: [],
  })

  it.each([
    [true, 0],
    [false, 1],
  ])('prints TAP and ends by the verdict (%s: %d)', async (ok, status) => {
    const { run, output, calls } = cli({ answers: { 'tests.run': () => report(ok) } })
    expect(await run('test', '--realm', 'r')).toBe(status)
    expect(output).toEqual({ out: report(ok).tap, err: '' })
    expect(calls[0]!.body).toEqual({ copy: true })
  })

  it('runs the named tests on the live data when told so', async () => {
    const { run, calls } = cli({ answers: { 'tests.run': () => report(true) } })
    await run('test', 'home.js', 'edit.js', '--realm', 'r', '--in-place')
    expect(calls[0]!.body).toEqual({ copy: false, names: ['home.js', 'edit.js'] })
  })
})

describe('zimki shell', () => {
  const answers = {
    'shell.evaluate': ({ body }: { body: unknown }) => {
      const { source } = body as { source: string }
      if (source === 'f(1,\n')
        return new PlatformError('SCRIPT_ERROR', 'SyntaxError: Unexpected end of input')
      if (source.startsWith('throw')) return new PlatformError('SCRIPT_ERROR', 'Error: no')
      return { value: `<${source.trim()}>` }
    },
  }

  it('runs -e, or all of standard input as one program', async () => {
    const one = cli({ answers })
    expect(await one.run('shell', '-e', '1+1', '--realm', 'r')).toBe(0)
    expect(one.output.out).toBe('<1+1>\n')
    const piped = cli({ answers, stdin: 'var a = 1\na\n' })
    expect(await piped.run('shell', '--realm', 'r', '--json')).toBe(0)
    expect(piped.json()).toEqual({ value: '<var a = 1\na>' })
    const bad = cli({ answers })
    expect(await bad.run('shell', '-e', 'throw 1', '--realm', 'r')).toBe(1)
  })

  it('converses: goes on after errors, and joins lines of what is unfinished', async () => {
    const prompts: string[] = []
    const lines = async function* (prompt: () => string) {
      for (const line of ['1', 'throw 1', 'f(1,', '2)', '', '.exit', 'never']) {
        prompts.push(prompt())
        yield line
      }
    }
    const { run, output } = cli({ answers, terminal: { lines, askSecret: async () => '' } })
    expect(await run('shell', '--realm', 'r')).toBe(0)
    expect(output.out).toContain('<1>\nError: no\n<f(1,\n2)>\n')
    expect(output.out).not.toContain('never')
    expect(prompts).toEqual(['r> ', 'r> ', 'r> ', '... ', 'r> ', 'r> '])
  })
})

describe('zimki health', () => {
  it('needs a URL and no token', async () => {
    const { run, json, calls } = cli({
      env: {},
      answers: { 'health.get': () => ({ status: 'ok', version: '1', machines: 1 }) },
    })
    expect(await run('health', '--url', 'https://platform.test', '--json')).toBe(0)
    expect(json()).toMatchObject({ status: 'ok' })
    expect(calls[0]!.token).toBeNull()
  })

  it('fails when the platform is degraded', async () => {
    const { run } = cli({
      answers: { 'health.get': () => ({ status: 'degraded', version: '1', machines: 0 }) },
    })
    expect(await run('health')).toBe(1)
  })
})
