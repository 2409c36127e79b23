import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { type BaseOptions, command, print } from '../command.ts'
import type { CliIo, Terminal } from '../io.ts'
import { printable } from '../printable.ts'
import { withProgress } from '../progress.ts'
import { adapterConfig, loadAdapterFor } from './provider-adapter.ts'

interface Options extends BaseOptions {
  config?: string
}

/** What an adapter brings of its own: `zimki provider run docker image`, or shorter `zimki provider docker image`. */
export function providerRunCommand(io: CliIo): Command {
  return (
    command(
      'run <package> [command] [args...]',
      'run a command that an adapter brings; without one, list them',
    )
      .option('--config <file>', "JSON file with the adapter's settings")
      // Options that we do not know are for the adapter's command.
      .allowUnknownOption()
      .action(async (name: string, wanted: string | undefined, args: string[], options: Options) => {
        const { adapter } = await withProgress(io, `Loading ${name}`, () => loadAdapterFor(io, name))
        const commands = adapter.commands ?? {}
        const known = Object.entries(commands).map(([id, { description }]) => ({ command: id, description }))
        if (wanted === undefined) {
          const lines = known.map(({ command: id, description }) => `${id}  ${description}`)
          print(io, options, { commands: known }, () =>
            printable(lines.join('\n') || `${name} brings no commands.`),
          )
          return
        }
        const found = Object.hasOwn(commands, wanted) ? commands[wanted] : undefined
        if (!found) {
          const there = known.map(({ command: id }) => id).join(', ') || 'none'
          throw new PlatformError(
            'INVALID_ARGUMENT',
            `adapter ${name} has no command ${wanted}; there is ${there}`,
          )
        }
        const config = await adapterConfig(io, options.config)
        const say = options.json ? io.stderr : io.stdout
        await found.run({
          ...{ args, config, signal: io.signal },
          print: (line) => void say.write(`${printable(line)}\n`),
          ...(io.terminal ? { confirm: confirmOn(io.terminal) } : {}),
        })
        if (options.json) print(io, options, { done: true }, () => '')
      })
  )
}

/** Only a plain yes is one. */
const confirmOn = (terminal: Terminal) => async (question: string) => {
  for await (const line of terminal.lines(() => `${printable(question)} [yes/no] `))
    return /^y(?:es)?$/i.test(line.trim())
  return false
}
