import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createClient } from '@openzimki/api'

const PROGRAM = fileURLToPath(new URL('testing/impatient-main.ts', import.meta.url))

interface Started {
  child: ChildProcess
  out: string
  err: string
}

/** Resolves when standard output holds `last`, which is what it prints when it is ready. */
async function up(data: string, last: string, ...flags: string[]): Promise<Started> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZIMKI_')))
  const args = ['--no-node-snapshot', PROGRAM, 'up', '--port', '0', '--data', data, ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const started: Started = { child, out: '', err: '' }
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    started.err += text
  })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`zimki up ended with ${code}: ${started.err}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      started.out += text
      if (started.out.includes(last)) resolve()
    })
  })
  return started
}

async function end({ child }: Started): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}

/** The names of realms below localhost are not known everywhere, so they go into the head. */
function page(url: string): Promise<string> {
  const { host, port, pathname } = new URL(url)
  return new Promise((resolve, reject) => {
    get({ host: 'localhost', port, path: pathname, headers: { host } }, (response) =>
      response.toArray().then((chunks) => resolve(Buffer.concat(chunks).toString()), reject),
    ).once('error', reject)
  })
}

describe('zimki up', () => {
  let data: string
  let first: Started
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'zimki-up-'))
    first = await up(data, 'Ctrl-C ends it.\n')
  }, 60_000)
  afterAll(async () => {
    if (first.child.exitCode === null) await end(first)
    await rm(data, { recursive: true, force: true })
  })

  const named = (what: string): string => new RegExp(`^ +${what} +(\\S+)`, 'm').exec(first.out)?.[1] ?? ''
  const operator = async () => JSON.parse(await readFile(join(data, 'operator.json'), 'utf8'))
  const accounts = ({ url, token }: { url: string; token: string }) =>
    createClient({ url, token }).accounts.list({ query: {} })

  it('tells people what it started and where, and what to type next', async () => {
    expect(first.out).toMatch(/^OpenZimki is up after \d+ ms\.\n\n/)
    expect(await page(named('Welcome realm'))).toContain('<title>')
    expect(await page(`${named('API')}/health`)).toContain('"status":"ok"')
    expect(named('Data')).toBe(data)
    expect(named('Operator')).toBe(join(data, 'operator.json'))
    expect(first.out).toMatch(
      /Next, in another terminal: +npx zimki init my-realm && npx zimki deploy my-realm/,
    )
  })

  it('starts with a welcome realm that passes its own unit tests', async () => {
    const client = createClient(await operator())
    const report = await client.tests.run({ params: { realm: 'welcome' }, body: {} })
    expect(report).toMatchObject({ ok: true })
    expect(report.tap).toContain('ok 1 - page.js')
  })

  it('says on stderr what it is at', () => {
    const told = first.err.match(/^[A-Z].* \.\.\.$/gm)
    expect(told).toEqual([
      'Loading the platform ...',
      'Opening the store ...',
      'Opening the state ...',
      'Starting machines ...',
      'Deploying the library realm ...',
      'Deploying the welcome realm ...',
    ])
  })

  it('makes a new token when operator.json was lost, and deploys nothing again', async () => {
    const before = await operator()
    await end(first)
    await rm(join(data, 'operator.json'))
    const second = await up(data, '\n', '--json')
    try {
      const { url, operatorFile } = JSON.parse(second.out)
      const after = await operator()
      expect((await stat(operatorFile)).mode & 0o777).toBe(0o600)
      expect(after).toEqual({ url, account: before.account, token: expect.any(String) })
      expect(after.token).not.toBe(before.token)
      expect((await accounts(after)).items.map(({ id }) => id)).toContain(after.account)
      expect(second.err).toContain('Starting machines ...')
      expect(second.err).not.toContain('Deploying')
    } finally {
      await end(second)
    }
  }, 60_000)
})
