import type { Client } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { print, withPlainClient } from '../command.ts'
import type { CliIo, Terminal } from '../io.ts'
import { printable } from '../printable.ts'
import { withProgress } from '../progress.ts'
import { readInput } from '../read-input.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'

interface Options extends RealmOptions {
  eval?: string
}

/** What V8 says of a program that goes on. */
const UNFINISHED = /Unexpected end of input|Unterminated template|missing \) after argument list/

export function shellCommand(io: CliIo): Command {
  return realmCommand(
    'shell',
    'run JavaScript in a realm, on its own data: line by line, from -e, or from standard input',
  )
    .option('-e, --eval <code>', 'run this and end')
    .action(
      withPlainClient<Options, []>(io, async (client, options) => {
        const realm = await realmFor(io, options)
        if (options.eval === undefined && io.terminal) return converse(io, client, realm, io.terminal)
        const source = options.eval ?? (await readInput(io))
        const answer = await withProgress(io, `Running in ${realm}`, () =>
          evaluate(client, realm, source, io.signal),
        )
        print(io, options, answer, () => printable(answer.value))
      }),
    )
}

async function converse(io: CliIo, client: Client, realm: string, terminal: Terminal): Promise<void> {
  io.stdout.write(`This is ${realm}. End with .exit or Ctrl-D.\n`)
  let source = ''
  for await (const line of terminal.lines(() => (source ? '... ' : `${realm}> `))) {
    if (line.trim() === '.exit') return
    source += `${line}\n`
    if (source.trim() === '') {
      source = ''
      continue
    }
    try {
      const answer = await evaluate(client, realm, source, io.signal)
      io.stdout.write(`${printable(answer.value)}\n`)
    } catch (thrown) {
      const error = PlatformError.from(thrown)
      // An empty line ends what would go on for ever.
      if (UNFINISHED.test(error.message) && line !== '') continue
      io.stdout.write(`${printable(error.message)}\n`)
    }
    source = ''
  }
  io.stdout.write('\n')
}

function evaluate(client: Client, realm: string, source: string, signal: AbortSignal) {
  return client.shell.evaluate({ params: { realm }, body: { source }, signal })
}
