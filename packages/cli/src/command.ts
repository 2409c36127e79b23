import type { Client } from '@openzimki/api'
import { Command } from 'commander'
import { type Connection, type ConnectionOptions, connect } from './connection.ts'
import type { CliIo } from './io.ts'
import { jsonLine } from './printable.ts'
import { tellingClient } from './telling-client.ts'

/** What every command takes. */
export interface BaseOptions extends ConnectionOptions {
  json?: boolean
}

/** A command with what every command takes. `usage` is its name and arguments, as commander wants them. */
export function command(usage: string, description: string): Command {
  const [name, ...given] = usage.split(' ')
  const made = new Command(name)
    .description(description)
    .option('--json', 'print one JSON document for programs')
  for (const argument of given) made.argument(argument)
  return made
}

/** The same for a command that talks to a server. */
export function apiCommand(usage: string, description: string): Command {
  return command(usage, description)
    .option('--url <url>', 'server to talk to')
    .option('--token <token>', 'token for that server (better: ZIMKI_TOKEN, or "zimki login")')
}

type ClientAction<O, A extends unknown[]> = (client: Client, options: O, ...args: A) => Promise<void>

/** Runs `action` with a client of the server that the options name, and says on stderr when that server is long in answering. */
export function withClient<O extends BaseOptions, A extends unknown[]>(
  io: CliIo,
  action: ClientAction<O, A>,
): (...given: unknown[]) => Promise<void> {
  return withConnection<O, A>(io, ({ client, url }, options, ...args) =>
    action(tellingClient(client, io, `Asking ${url}`), options, ...args),
  )
}

/** The same for a command that says itself what lasts, or prints as it goes. */
export function withPlainClient<O extends BaseOptions, A extends unknown[]>(
  io: CliIo,
  action: ClientAction<O, A>,
): (...given: unknown[]) => Promise<void> {
  return withConnection<O, A>(io, ({ client }, options, ...args) => action(client, options, ...args))
}

function withConnection<O extends BaseOptions, A extends unknown[]>(
  io: CliIo,
  action: (connection: Connection, options: O, ...args: A) => Promise<void>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    // Commander hands in the arguments, then the options, then the command itself.
    const options = given.at(-2) as O
    const args = given.slice(0, -2) as A
    await action(await connect(io, options), options, ...args)
  }
}

/** The result of a command: JSON on one line with --json, else text for people. */
export function print(io: CliIo, options: BaseOptions, value: unknown, text: () => string): void {
  io.stdout.write(`${options.json ? jsonLine(value) : text()}\n`)
}
