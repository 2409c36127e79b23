import { afterEach, describe, expect, it } from '@jest/globals'
import { buildProgram } from './program.ts'
import { type Wait, withProgress } from './progress.ts'
import { leafCommands, wantedArguments, wordsOf } from './testing/leaf-commands.ts'
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

const FILES = {
  'realm.json': '{ "name": "hello", "type": "script" }',
  'javascript/main.js': '',
  'key.pem': '',
  'adapter/package.json': '{ "name": "x", "version": "1.0.0", "type": "module", "exports": "./main.js" }',
}
const KNOWN = {
  ...{ file: 'readings.jsonl', folder: 'new', package: './adapter', host: 'www.example.com' },
  ...{ '--realm': 'hello', '--url': 'https://platform.test', '--token': 't', '--key': 'key.pem' },
  ...{ '--eval': '1' },
}

const commands = leafCommands(buildProgram(cli().io)).map((command) => wordsOf(command).join(' '))

describe('a command that lasts', () => {
  it.each(commands)('says so on stderr alone: %s', async (words) => {
    const { io, run, output } = cli({ impatient: true, files: FILES, stdin: 'secret' })
    const found = leafCommands(buildProgram(io)).find((one) => wordsOf(one).join(' ') === words)!
    await run(...words.split(' '), ...wantedArguments(found, KNOWN), '--json')
    expect(output.err).toMatch(/^[A-Z][\w -]* \S+ \.\.\.\n/)
    expect(output.out).not.toContain(' ...')
  })

  it('is silent when it is quick', async () => {
    const { run, output } = cli({ answers: { 'realms.list': () => ({ items: [], next: null }) } })
    expect(await run('realms')).toBe(0)
    expect(output.err).toBe('')
  })
})

describe('progress', () => {
  it('is silent for what is quick and tells what is not, on stderr', async () => {
    const { io, output } = cli()
    expect(await withProgress(io, 'Deploying', async () => 1)).toBe(1)
    expect(output.err).toBe('')
    const slow = withProgress({ ...io, progressAfterMs: 1 }, 'Deploying', async () => {
      while (output.err === '') await new Promise((resolve) => setImmediate(resolve))
    })
    await slow
    expect(output).toEqual({ out: '', err: 'Deploying ...\n' })
  })

  it('names the part that has begun, and takes its line back on a terminal', async () => {
    const parts = async (tell: (label: string) => void) => tell('Starting the agent')
    const plain = cli({ impatient: true })
    await withProgress(plain.io, 'Opening the store', parts)
    expect(plain.output.err).toBe('Opening the store ...\nStarting the agent ...\n')
    const terminal = cli({ impatient: true, tty: true })
    await withProgress(terminal.io, 'Opening the store', parts)
    const CLEAR = '\r\u001b[2K'
    expect(terminal.output.err).toBe(
      `${CLEAR}Opening the store ... 0 s${CLEAR}Starting the agent ... 0 s${CLEAR}`,
    )
  })

  it('adds up what one command waits for, and says it once', async () => {
    const { io, output } = cli({ impatient: true })
    const wait: Wait = { passedMs: 0, told: null }
    for (const _ of 'ab') await withProgress(io, 'Asking', async () => undefined, wait)
    expect(output.err).toBe('Asking ...\n')
    const later = { ...io, progressAfterMs: 1_000 }
    const waited: Wait = { passedMs: 1_000, told: null }
    await withProgress(later, 'Asking', async () => undefined, waited)
    expect(output.err).toBe('Asking ...\nAsking ...\n')
  })
})
