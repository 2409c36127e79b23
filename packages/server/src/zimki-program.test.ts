import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type CliIo, runProgram } from '@openzimki/cli'
import type { Command } from 'commander'
import { zimkiProgram } from './zimki-program.ts'

let folder: string
let output: { out: string; err: string }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zimki-program-'))
  output = { out: '', err: '' }
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Progress is told at once. */
function impatientIo(): CliIo {
  const sink = (name: 'out' | 'err') => ({
    write(text: string) {
      output[name] += text
    },
  })
  return {
    ...{ stdout: sink('out'), stderr: sink('err'), env: {}, cwd: folder, home: folder, fetch },
    stdin: (async function* () {
      yield ''
    })(),
    openUrl: async () => undefined,
    signal: new AbortController().signal,
    ...{ progressAfterMs: 0, reconnectAfterMs: 0 },
  }
}

const leaves = (command: Command): Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)

describe('the program with what only the server adds', () => {
  it('takes --json on every command', () => {
    const commands = leaves(zimkiProgram(impatientIo()))
    const names = commands.map((command) => command.name())
    expect(names).toEqual(expect.arrayContaining(['deploy', 'up', 'move-blobs', 'move-state']))
    const without = commands.filter((command) => !command.options.some(({ long }) => long === '--json'))
    expect(without.map((command) => command.name())).toEqual([])
  })

  // None of them can do what it is asked, which they find out after they have begun.
  it.each([
    [['up', '--data', '/dev/null/none'], 'Loading the platform'],
    [['admin', 'move-blobs', '--data', '/dev/null/none', '--to', 's3://b?region=r'], 'Copying blobs'],
    [
      ['admin', 'move-state', '--data', 'DATA', '--to', 'postgres://u:p@127.0.0.1:1/none'],
      'Bringing both databases up to date',
    ],
  ])(
    '%j says on stderr what it is at, and with --json nothing else on stdout than JSON',
    async (args, told) => {
      const io = impatientIo()
      const placed = args.map((word) => (word === 'DATA' ? join(folder, 'data') : word))
      expect(await runProgram(zimkiProgram(io), [...placed, '--json'], io)).toBe(1)
      expect(output.err).toMatch(new RegExp(`^${told} \\.\\.\\.\n`))
      expect(JSON.parse(output.out)).toMatchObject({ error: { code: expect.any(String) } })
    },
  )
})
