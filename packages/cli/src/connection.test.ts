import { statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { type TestSetup, testCli } from './testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

const answers = { 'realms.list': () => ({ items: [], next: null }) }
const config = (url: string, token: string) => JSON.stringify({ url, token })

function cli(setup: TestSetup) {
  const made = testCli({ answers, env: {}, ...setup })
  removals.push(made.folder.remove)
  return made
}

async function asked(setup: TestSetup, ...args: string[]) {
  const { run, calls, output } = cli(setup)
  const status = await run('realms', ...args)
  const call = calls[0]
  return call ? { origin: new URL(call.url).origin, token: call.token } : { status, err: output.err }
}

const FILES = {
  'home/.config/zimki/config.json': config('http://config.test', 'of-config'),
  '.zimki/operator.json': JSON.stringify({ url: 'http://local.test', account: 'x', token: 'of-local' }),
}
const LOCAL = { '.zimki/operator.json': FILES['.zimki/operator.json'] }

describe('which server and token are used', () => {
  it('options win over the environment, the environment over the file, the file over a local platform', async () => {
    const env = { ZIMKI_URL: 'http://env.test', ZIMKI_TOKEN: 'of-env' }
    const flags = ['--url', 'http://flag.test', '--token', 'of-flag']
    expect(await asked({ files: FILES, env }, ...flags)).toEqual({
      origin: 'http://flag.test',
      token: 'of-flag',
    })
    expect(await asked({ files: FILES, env })).toEqual({ origin: 'http://env.test', token: 'of-env' })
    expect(await asked({ files: FILES })).toEqual({ origin: 'http://config.test', token: 'of-config' })
    expect(await asked({ files: LOCAL })).toEqual({ origin: 'http://local.test', token: 'of-local' })
  })

  it('reads the config where XDG says', async () => {
    const files = { 'xdg/zimki/config.json': config('http://xdg.test', 't') }
    const made = cli({ files })
    Object.assign(made.io.env, { XDG_CONFIG_HOME: join(made.folder.path, 'xdg') })
    await made.run('realms')
    expect(made.calls[0]!.url).toMatch(/^http:\/\/xdg\.test/)
  })

  it('never sends a token of a file to another server than the one the file names', async () => {
    const refused = await asked({ files: FILES }, '--url', 'http://elsewhere.test')
    expect(refused).toMatchObject({
      status: 1,
      err: expect.stringContaining('There is no token for http://elsewhere.test'),
    })
    expect(await asked({ files: FILES }, '--url', 'http://local.test/')).toEqual({
      origin: 'http://local.test',
      token: 'of-local',
    })
  })

  it.each([
    ['http://platform.test', true],
    ['http://127.0.0.1.evil.test', true],
    ['https://platform.test', false],
    ['http://127.0.0.1:8080', false],
    ['http://[::1]:8080', false],
    ['http://localhost', false],
  ])('warns where a token would travel in the open: %s %s', async (url, warns) => {
    const { run, output } = cli({})
    await run('realms', '--url', url, '--token', 't')
    expect(output.err.includes('unencrypted')).toBe(warns)
  })

  it('says how to get going when nothing is known', async () => {
    expect(await asked({})).toMatchObject({ status: 1, err: expect.stringContaining('zimki up') })
  })

  it.each(['nonsense', 'ftp://x', 'file:///etc/passwd'])('refuses the URL %s', async (url) => {
    expect(await asked({}, '--url', url, '--token', 't')).toMatchObject({ status: 2 })
  })

  it('says what is wrong with a broken file, without showing it', async () => {
    const files = { 'home/.config/zimki/config.json': '{"token":"hush"' }
    const refused = await asked({ files })
    expect(refused).toMatchObject({
      status: 1,
      err: expect.stringContaining('config.json is not { "url", "token" }'),
    })
    expect(refused.err).not.toContain('hush')
  })
})

describe('zimki login', () => {
  it('keeps a token that works, for the owner of the file alone', async () => {
    const { run, folder, calls, output } = cli({ stdin: 'piped-token\n' })
    expect(await run('login', '--url', 'https://platform.test')).toBe(0)
    expect(calls[0]!.token).toBe('piped-token')
    expect(statSync(join(folder.path, 'home/.config/zimki/config.json')).mode & 0o777).toBe(0o600)
    expect(output.out + output.err).not.toContain('piped-token')
    await run('realms')
    expect(calls[1]).toMatchObject({ token: 'piped-token' })
  })

  it('keeps nothing that the server refuses', async () => {
    const { run, folder, output } = cli({
      answers: { 'realms.list': () => new PlatformError('UNAUTHENTICATED', 'The token is unknown.') },
    })
    expect(await run('login', '--url', 'https://platform.test', '--token', 'bad-token')).toBe(1)
    expect(() => statSync(join(folder.path, 'home'))).toThrow()
    expect(output.err).not.toContain('bad-token')
  })
})
