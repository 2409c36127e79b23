import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from '@jest/globals'
import { temporaryFolder } from '../testing/temporary-folder.ts'
import { testCli } from '../testing/test-cli.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const program = fileURLToPath(new URL('../testing/cli-program.ts', import.meta.url))
const FLAGS = ['--no-node-snapshot', '--disable-warning=ExperimentalWarning']

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function folderOf(files: Record<string, string> = {}) {
  const folder = temporaryFolder(files)
  removals.push(folder.remove)
  return folder
}

/** What `npm install` puts beside a package that names a checkout: links to its packages. */
function link(folder: string): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true })
  for (const name of ['@openzimki', '@types'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
}

interface Ended {
  status: number | null
  out: string
  err: string
}

/** Runs zimki in a folder; `onOutput` sees what it has printed so far. */
async function zimki(
  cwd: string,
  args: string[],
  onOutput?: (out: string, child: ChildProcess) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [...FLAGS, program, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    onOutput?.(out, child)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, out, err }
}

interface FakeChange {
  /** Members of the driver of `owner` that are another way. */
  driver?: string
  /** Short for one whose cases wait in vain. */
  settleMs?: number
}

/** An adapter over the fake that says in `left.json` what was there when its test bed was closed. */
const adapterSource = ({ driver = '', settleMs = 2_000 }: FakeChange) => `
import { writeFileSync } from 'node:fs'
import { FakeDriver, FakeInfrastructure } from '@openzimki/provider'
const world = new FakeInfrastructure()
const interrupted = new Promise((resolve) => process.once('SIGINT', resolve))
// Is never done, and the process waits for it until Ctrl-C.
const never = () => new Promise(() => {
  const stays = setInterval(() => undefined, 1_000)
  interrupted.then(() => clearInterval(stays))
})
export const adapter = {
  name: 'fake',
  contractVersions: [1],
  open: ({ owner }) => Object.assign(new FakeDriver(world, owner), { ${driver} }),
  testBed: (settings) => ({
    inMemory: true,
    env: {},
    crash: async ({ native }) => world.crash(native),
    leftovers: async () => world.natives,
    settleMs: ${settleMs},
    close: async () => writeFileSync(new URL('left.json', import.meta.url), JSON.stringify({ left: world.natives, config: settings.config })),
  }),
  commands: { greet: { description: 'says hello', run: async ({ args, config, print }) => print('hello ' + args.join(' ') + config.who) } },
}`

function adapterFolder(change: FakeChange = {}) {
  const folder = folderOf({
    'package.json': JSON.stringify({
      name: 'zimki-provider-fake',
      version: '3.2.1',
      type: 'module',
      exports: './main.js',
    }),
    'main.js': adapterSource(change),
    'config.json': '{ "who": "me" }',
  })
  link(folder.path)
  return folder
}

const readJson = (...path: string[]) =>
  JSON.parse(readFileSync(join(...path), 'utf8')) as Record<string, unknown>

describe('zimki provider test', () => {
  it('prints TAP, ends with 0 and writes a result and a badge, for an adapter that is right', async () => {
    const { path } = adapterFolder()
    const args = ['provider', 'test', '.', '--config', 'config.json', '--result', 'out/result.json']
    const { status, out, err } = await zimki(path, args)
    expect([status, err]).toEqual([0, ''])
    const lines = out.trimEnd().split('\n')
    expect(lines.slice(0, 2)).toEqual([
      'TAP version 14',
      '# zimki-provider-fake 3.2.1, contract version 1, kit version 5',
    ])
    const results = lines.filter((line) => line.startsWith('ok '))
    expect(lines[2]).toBe(`1..${results.length}`)
    expect(lines.at(-1)).toBe(`# ${results.length} passed, 0 failed, 0 skipped`)
    expect(readJson(path, 'left.json')).toEqual({ left: [], config: { who: 'me' } })
    const badge = {
      schemaVersion: 1,
      label: 'openzimki provider kit 5',
      message: `${results.length} passed`,
      color: 'brightgreen',
    }
    expect(readJson(path, 'out/result.badge.json')).toEqual(badge)
    expect(readJson(path, 'out/result.json')).toMatchObject({
      adapter: { name: 'fake', package: 'zimki-provider-fake', version: '3.2.1' },
      ...{ contractVersion: 1, kitVersion: '5', badge, passed: results.length, failed: 0, skipped: 0 },
      finishedAt: expect.stringMatching(/^\d{4}-/),
    })
  }, 60_000)

  it('tells with --json which cases failed, why, and what that means, and ends with 1', async () => {
    const { path } = adapterFolder({ driver: `logs: async () => 'hello \\u001b[31m'`, settleMs: 200 })
    const { status, out } = await zimki(path, ['provider', 'test', '.', '--json'])
    expect(status).toBe(1)
    expect(out.trimEnd().split('\n')).toHaveLength(1)
    expect(out).not.toContain('\u001b')
    const report = JSON.parse(out) as {
      failed: number
      cases: { outcome: string; group: string; advice: string }[]
    }
    const failed = report.cases.filter(({ outcome }) => outcome === 'failed')
    expect(failed).toHaveLength(report.failed)
    expect(failed.find(({ group }) => group === 'logs')?.advice).toContain('logs()')
  }, 60_000)

  it('on Ctrl-C destroys what it launched, skips the rest and ends with 1', async () => {
    // So that the run does not end before it has come.
    const { path } = adapterFolder({ driver: `...(/^case-20\\b/.test(owner) && { offerings: never })` })
    let isAsked = false
    const { status, out } = await zimki(
      path,
      ['provider', 'test', '.', '--result', 'result.json'],
      (seen, child) => {
        if (isAsked || !seen.includes('ok 12')) return
        isAsked = true
        child.kill('SIGINT')
      },
    )
    expect(status).toBe(1)
    expect(out).toContain('# SKIP the run was interrupted')
    expect(readJson(path, 'left.json').left).toEqual([])
    expect(() => readJson(path, 'result.json')).toThrow('ENOENT')
  })

  it.each([
    ['a package that is not there', 'nothing-here', {}, 'install it there with npm'],
    ['a configuration that is no JSON', '.', { 'config.json': '{' }, 'is not JSON'],
    [
      'an adapter of a later time',
      '.',
      { 'main.js': `export const adapter = { contractVersions: [9] }` },
      'update OpenZimki',
    ],
    [
      'an adapter of an earlier time',
      '.',
      { 'main.js': `export const adapter = { contractVersions: [1], name: 'x' }` },
      'is no adapter',
    ],
    [
      'an adapter without a test bed',
      '.',
      { 'main.js': `export const adapter = { contractVersions: [1], name: 'xy', open() {} }` },
      'brings no test bed',
    ],
  ])('refuses %s', async (_, name, files, text) => {
    const folder = adapterFolder()
    for (const [path, content] of Object.entries(files)) folder.write(path, content ?? '')
    const { status, err } = await zimki(folder.path, ['provider', 'test', name, '--config', 'config.json'])
    expect(status).toBe(1)
    expect(err).toContain(text)
  })
})

describe('zimki provider <package> <command>', () => {
  it('lists and runs what an adapter brings', async () => {
    const { path } = adapterFolder()
    expect((await zimki(path, ['provider', 'run', '.'])).out).toBe('greet  says hello\n')
    const run = await zimki(path, ['provider', './', 'greet', '--config', 'config.json', '--loud', 'x '])
    expect([run.status, run.out]).toEqual([0, 'hello --loud x me\n'])
    expect((await zimki(path, ['provider', 'run', '.', 'fly'])).err).toContain('there is greet')
  }, 60_000)
})

describe('zimki provider new', () => {
  it('makes a package that compiles as strictly as we do, and whose tests tell what to write', async () => {
    const { path } = folderOf()
    expect((await zimki(path, ['provider', 'new', 'zimki-provider-shed'])).status).toBe(0)
    const made = join(path, 'zimki-provider-shed')
    link(made)
    const compile = [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', made]
    expect((await promisify(execFile)(process.execPath, compile, { cwd: made })).stdout).toBe('')
    const { status, out } = await zimki(made, ['provider', 'test', '.'])
    expect(status).toBe(1)
    expect(out).toContain('# zimki-provider-shed 0.1.0')
    expect(out).toMatch(
      /# Begin with "launch: offers sizes[^"]*"\.\n# offerings is not written yet\. Give at least one size/,
    )
    expect(out).toMatch(/^# \d+ passed, \d{2,} failed, 0 skipped$/m)
  }, 60_000)

  it('names the checkout that it was made by, so that npm needs no registry for it', async () => {
    const { run, folder, output } = testCli()
    removals.push(folder.remove)
    expect(await run('provider', 'new', 'provider-shed')).toBe(0)
    expect(output.out).toContain('npm install')
    const manifest = readJson(folder.path, 'provider-shed/package.json')
    expect(manifest).toMatchObject({
      name: 'zimki-provider-shed',
      dependencies: { '@openzimki/provider': `file:${join(root, 'packages/provider')}` },
      devDependencies: { openzimki: `file:${root.replace(/\/$/, '')}` },
    })
  })

  it('writes over nothing, and asks for a name that an adapter can have', async () => {
    const { run, folder, output } = testCli({ files: { 'shed/notes.txt': 'mine' } })
    removals.push(folder.remove)
    expect(await run('provider', 'new', 'shed')).toBe(1)
    expect(output.err).toContain('not empty')
    expect(await run('provider', 'new', 'My Shed')).toBe(2)
    expect(output.err).toContain('--name')
  })
})
