import type { Account } from '@openzimki/api'
import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { apiCommand, type BaseOptions, print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { table } from '../table.ts'
import { timeText } from '../time-text.ts'

export function accountsCommand(io: CliIo): Command {
  return new Command('accounts')
    .description('accounts of customers: make them, trust them, suspend them (operators)')
    .addCommand(list(io), { isDefault: true })
    .addCommand(create(io))
    .addCommand(
      change(io, 'trust', 'let its realms run below the isolation floor', { trusted: true }, 'is trusted'),
    )
    .addCommand(
      change(
        io,
        'distrust',
        'its realms run behind the isolation floor from now on',
        { trusted: false },
        'is not trusted any more',
      ),
    )
    .addCommand(
      change(io, 'suspend', 'refuse its tokens and its realms', { state: 'suspended' }, 'is suspended'),
    )
    .addCommand(change(io, 'reactivate', 'end its suspension', { state: 'active' }, 'is active again'))
    .addCommand(remove(io))
}

function list(io: CliIo): Command {
  return apiCommand('list', 'list accounts').action(
    withClient<BaseOptions, []>(io, async (client, options) => {
      const items = await allPages((query) => client.accounts.list({ query }))
      print(io, options, { items }, () => accountTable(items))
    }),
  )
}

interface CreateOptions extends BaseOptions {
  trusted?: boolean
}

function create(io: CliIo): Command {
  return apiCommand('create <name>', 'create an account and its first token, which is printed this once')
    .option('--trusted', 'let its realms run below the isolation floor')
    .action(
      withClient<CreateOptions, [string]>(io, async (client, options, name) => {
        const made = await client.accounts.create({ body: { name, trusted: options.trusted ?? false } })
        const { token } = await client.tokens.create({ body: { name: 'first', account: made.id } })
        print(io, options, { ...made, token }, () => `account ${made.id}\ntoken   ${token}`)
      }),
    )
}

type Change = { trusted: boolean } | { state: 'active' | 'suspended' }

function change(io: CliIo, verb: string, description: string, body: Change, told: string): Command {
  return apiCommand(`${verb} <account>`, description).action(
    withClient<BaseOptions, [string]>(io, async (client, options, account) => {
      const changed = await client.accounts.update({ params: { account }, body })
      print(io, options, changed, () => `${changed.name} (${changed.id}) ${told}`)
    }),
  )
}

function remove(io: CliIo): Command {
  return apiCommand('delete <account>', 'delete an account that has no realms, and its tokens')
    .requiredOption('--yes', 'really: it cannot be undone')
    .action(
      withClient<BaseOptions, [string]>(io, async (client, options, account) => {
        await client.accounts.delete({ params: { account } })
        print(io, options, { deleted: account }, () => `${account} is deleted`)
      }),
    )
}

function accountTable(items: Account[]): string {
  return table(
    ['ACCOUNT', 'NAME', 'ROLE', 'STATE', 'TRUSTED', 'SINCE'],
    items.map((one) => [
      ...[one.id, one.name, one.role, one.state],
      one.trusted || one.role === 'operator' ? 'yes' : 'no',
      timeText(one.createdAtMs),
    ]),
  )
}
