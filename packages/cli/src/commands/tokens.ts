import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { apiCommand, type BaseOptions, print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { table } from '../table.ts'
import { parseTime, timeText } from '../time-text.ts'

export function tokensCommand(io: CliIo): Command {
  return new Command('tokens')
    .description('tokens of the account: what lets programs such as this one in')
    .addCommand(list(io), { isDefault: true })
    .addCommand(create(io))
    .addCommand(revoke(io))
}

function list(io: CliIo): Command {
  return apiCommand('list', 'list the tokens of the account').action(
    withClient<BaseOptions, []>(io, async (client, options) => {
      const items = await allPages((query) => client.tokens.list({ query }))
      print(io, options, { items }, () =>
        table(
          ['TOKEN', 'NAME', 'CREATED', 'LAST USED', 'EXPIRES'],
          items.map((token) => [
            token.id,
            token.name,
            timeText(token.createdAtMs),
            timeText(token.lastUsedAtMs),
            timeText(token.expiresAtMs),
          ]),
        ),
      )
    }),
  )
}

interface CreateOptions extends BaseOptions {
  expires?: number
}

function create(io: CliIo): Command {
  return apiCommand('create <name>', 'create a token; it is printed this once')
    .option('--expires <time>', 'when it ends, such as 2027-01-01', (text) => parseTime(text, '--expires'))
    .action(
      withClient<CreateOptions, [string]>(io, async (client, options, name) => {
        const made = await client.tokens.create({ body: { name, expiresAtMs: options.expires } })
        print(io, options, made, () => made.token)
      }),
    )
}

function revoke(io: CliIo): Command {
  return apiCommand('revoke <token>', 'revoke a token by its id: it is refused from now on').action(
    withClient<BaseOptions, [string]>(io, async (client, options, token) => {
      await client.tokens.revoke({ params: { token } })
      print(io, options, { revoked: token }, () => `${token} is revoked`)
    }),
  )
}
