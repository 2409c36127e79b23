import { afterEach, describe, expect, it } from '@jest/globals'
import { PlatformError } from '@openzimki/core'
import { buildProgram } from './program.ts'
import { leafCommands } from './testing/leaf-commands.ts'
import { type TestSetup, testCli } from './testing/test-cli.ts'

const removals: (() => void)[] = []
afterEach(() => {
  for (const remove of removals.splice(0)) remove()
})

function cli(setup: TestSetup = {}) {
  const made = testCli(setup)
  removals.push(made.folder.remove)
  return made
}

describe('the program', () => {
  it('takes --json on every command', () => {
    const commands = leafCommands(buildProgram(cli().io))
    const without = commands.filter((command) => !command.options.some((option) => option.long === '--json'))
    expect(without.map((command) => command.name())).toEqual([])
    expect(commands.length).toBeGreaterThan(25)
  })

  it.each([
    [['--help'], 0, 'Usage: zimki'],
    [['deploy', '--help'], 0, '--realm <name>'],
    [['--version'], 0, '.'],
  ])('%j ends with %d and prints to stdout', async (args, status, text) => {
    const { run, output } = cli()
    expect(await run(...args)).toBe(status)
    expect(output.out).toContain(text)
    expect(output.err).toBe('')
  })

  it.each([
    [['depoy'], 'Did you mean deploy?'],
    [['deploy', '--relm', 'x'], 'Did you mean --realm?'],
    [['keys', 'alias'], "missing required argument 'key'"],
    [['usage', '--by', 'moon'], 'Allowed choices are function, key, hour'],
    [['usage', '--realm', 'x', '--from', 'yesterday'], '--from yesterday is no time'],
    [['logs', '-n', '-3'], 'whole number from 0 to 1000'],
    [['realms', 'delete', 'x'], '--yes'],
    [[], 'Usage: zimki'],
  ])('%j is a wrong call: status 2, told on stderr', async (args, text) => {
    const { run, output, calls } = cli()
    expect(await run(...args)).toBe(2)
    expect(output.err).toContain(text)
    expect(output.out).toBe('')
    expect(calls).toEqual([])
  })

  it('tells a failure to people on stderr, and with --json to programs on stdout', async () => {
    const answers = {
      'realms.get': () => new PlatformError('NOT_FOUND', 'There is no realm x.', { details: { realm: 'x' } }),
    }
    const plain = cli({ answers })
    expect(await plain.run('realms', 'show', 'x')).toBe(1)
    expect(plain.output).toEqual({ out: '', err: 'zimki: There is no realm x.\n' })
    const json = cli({ answers })
    expect(await json.run('realms', 'show', 'x', '--json')).toBe(1)
    expect(json.json()).toEqual({
      error: { code: 'NOT_FOUND', message: 'There is no realm x.', details: { realm: 'x' } },
    })
  })

  it('says what to do about a refused token and a server that is not there', async () => {
    const refused = cli({
      answers: { 'realms.list': () => new PlatformError('UNAUTHENTICATED', 'The token is unknown.') },
    })
    expect(await refused.run('realms')).toBe(1)
    expect(refused.output.err).toContain('zimki login')
    const away = cli()
    away.io.fetch = () => Promise.reject(new TypeError('fetch failed'))
    expect(await away.run('realms')).toBe(1)
    expect(away.output.err).toMatch(/No answer from https:\/\/platform\.test.*zimki up/)
  })

  it('lets nothing of the server steer the terminal', async () => {
    const hostile = 'a\u001b]0;owned\u0007b\u009b31mc\u202ed'
    const answers = { 'realms.get': () => new PlatformError('NOT_FOUND', hostile) }
    for (const args of [
      ['realms', 'show', 'x'],
      ['realms', 'show', 'x', '--json'],
    ]) {
      const { run, output } = cli({ answers })
      await run(...args)
      const printed = output.out + output.err
      for (const character of '\u001b\u0007\u009b\u202e') expect(printed).not.toContain(character)
    }
  })

  it('does not print the token, whatever happens', async () => {
    for (const args of [
      ['realms'],
      ['realms', '--json'],
      ['deploy', 'x'],
      ['health'],
      ['logs', '--realm', 'x'],
    ]) {
      const { run, output } = cli({
        env: { ZIMKI_URL: 'https://platform.test', ZIMKI_TOKEN: 'secret-token', ZIMKI_DEBUG: '1' },
      })
      await run(...args)
      expect(output.out + output.err).not.toContain('secret-token')
    }
  })
})
