import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { wentLive } from '../testing/answers.ts'
import { type TestSetup, testCli } from '../testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

const hello = {
  'hello/realm.json': '{"name":"hello"}',
  'hello/javascript/main.js': 'zimki.publishPath("/", "hi")\nvar x = ;\n',
  'hello/files/a.txt': 'a',
  'hello/files/b.txt': 'b',
}

function cli(setup: TestSetup = {}) {
  const made = testCli({ files: hello, ...setup })
  removals.push(made.folder.remove)
  return made
}

/** The platform has every file but those of this content. */
const platform = (missing: (digests: string[]) => string[]) => ({
  'deployments.missingBlobs': ({ body }: { body: unknown }) => ({
    missing: missing((body as { digests: string[] }).digests),
  }),
  'deployments.putBlob': ({ params, body }: { params: Record<string, string>; body: unknown }) => {
    if (params.digest !== body) throw new PlatformError('INVALID_ARGUMENT', 'digest differs')
    return { digest: params.digest, size: 1 }
  },
  'deployments.create': () => wentLive,
})

describe('zimki deploy', () => {
  it('uploads only what is missing, then the artifact, and prints what scripts rely on', async () => {
    const { run, json, calls } = cli({ answers: platform(([first]) => [first!]) })
    expect(await run('deploy', 'hello', '--realm', 'other', '--json')).toBe(0)
    expect(json()).toMatchObject({
      realm: 'hello',
      alias: 'hello',
      deployment: wentLive.deployment,
      url: wentLive.url,
      ms: 41.5,
    })
    expect(calls.map((call) => call.route)).toEqual([
      'deployments.missingBlobs',
      'deployments.putBlob',
      'deployments.create',
    ])
    expect(calls.every((call) => call.params.realm === 'other' && call.query.create === 'true')).toBe(true)
    expect(calls.at(-1)!.body).toMatchObject({
      format: 1,
      kind: 'script',
      files: [{ path: 'a.txt' }, { path: 'b.txt' }],
    })
  })

  it('takes the realm from realm.json, and shows the address to people', async () => {
    const { run, output, calls } = cli({ answers: platform(() => []) })
    expect(await run('deploy', 'hello')).toBe(0)
    expect(calls.at(-1)!.params.realm).toBe('hello')
    expect(output.out).toMatch(/hello is live \(abababababab, 42 ms\)\n {2}https:\/\/hello\.platform\.test\n/)
  })

  it('ignores digests that a server asks for but the folder does not have', async () => {
    const { run, calls } = cli({ answers: platform(() => ['ff'.repeat(32)]) })
    expect(await run('deploy', 'hello')).toBe(0)
    expect(calls.map((call) => call.route)).not.toContain('deployments.putBlob')
  })

  it('shows where a program is wrong, with its source line', async () => {
    const error = new PlatformError('SCRIPT_ERROR', 'main.js:2:9: Unexpected token', {
      details: { file: 'main.js', line: 2, column: 9 },
    })
    const { run, output } = cli({ answers: { ...platform(() => []), 'deployments.create': () => error } })
    expect(await run('deploy', 'hello')).toBe(1)
    expect(output.err).toBe('zimki: main.js:2:9: Unexpected token\n  2 | var x = ;\n    |         ^\n')
  })

  it('shows each of several faults with its source line, and a line alone where the column is not known', async () => {
    const faults = [
      { file: 'javascript/main.js', line: 2, column: 9, message: 'Unexpected token' },
      { file: 'javascript/main.js', line: 1, column: null, message: 'missing template "a"' },
      { file: 'gone.js', line: null, column: null, message: 'not there' },
    ]
    const error = new PlatformError('SCRIPT_ERROR', '3 things are wrong:\nand so on', { details: { faults } })
    const { run, output } = cli({ answers: { ...platform(() => []), 'deployments.create': () => error } })
    expect(await run('deploy', 'hello')).toBe(1)
    expect(output.err.split('\n')).toEqual([
      'zimki: 3 things are wrong:',
      'javascript/main.js:2:9: Unexpected token',
      '  2 | var x = ;',
      '    |         ^',
      'javascript/main.js:1: missing template "a"',
      expect.stringMatching(/^ {2}1 \| ./),
      'gone.js: not there',
      '',
    ])
  })

  it('reads no file outside the folder for a place that the server names', async () => {
    const details = { file: '../../secret.txt', line: 1, column: 1 }
    const error = new PlatformError('SCRIPT_ERROR', 'bad', { details })
    const { run, output } = cli({
      files: { ...hello, 'secret.txt': 'password' },
      answers: { ...platform(() => []), 'deployments.create': () => error },
    })
    expect(await run('deploy', 'hello')).toBe(1)
    expect(output.err).not.toContain('password')
  })

  it('sends nothing when the folder is wrong', async () => {
    const { run, output, calls } = cli()
    expect(await run('deploy', 'nowhere')).toBe(1)
    expect(output.err).toMatch(/There is no folder .*nowhere\.\nA realm folder looks like this:/)
    expect(calls).toEqual([])
  })

  it('asks which realm when nothing says so', async () => {
    const { run, output } = cli({ files: { 'realm.json': '{}', 'javascript/a.js': '' } })
    expect(await run('deploy')).toBe(2)
    expect(output.err).toContain('--realm NAME')
  })
})

describe('zimki rollback', () => {
  const deployments = ['ab'.repeat(32), `abcd${'0'.repeat(60)}`, `ff${'0'.repeat(62)}`]
  const answers = {
    'deployments.list': () => ({
      items: deployments.map((id) => ({
        id,
        realm: wentLive.realmId,
        kind: 'script',
        live: false,
        createdAtMs: 0,
        liveAtMs: null,
        createdBy: 'x',
        files: 0,
        bytes: 0,
      })),
      next: null,
    }),
    'deployments.rollback': () => wentLive,
  }

  it('goes back one, or to a deployment named by its first digits', async () => {
    const one = cli({ answers })
    expect(await one.run('rollback', '--realm', 'hello')).toBe(0)
    expect(one.calls.at(-1)).toMatchObject({ route: 'deployments.rollback', body: {} })
    const named = cli({ answers })
    expect(await named.run('rollback', 'ff0', '--realm', 'hello', '--json')).toBe(0)
    expect(named.calls.at(-1)!.body).toEqual({ deployment: deployments[2] })
    expect(named.json()).toMatchObject({ realm: 'hello', deployment: wentLive.deployment })
  })

  it.each([
    ['ab', '2 deployments start'],
    ['00', 'No deployment starts'],
  ])('refuses the digits %s', async (digits, message) => {
    const { run, output } = cli({ answers })
    expect(await run('rollback', digits, '--realm', 'hello')).toBe(1)
    expect(output.err).toContain(message)
  })
})
