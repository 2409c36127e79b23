import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { readSecret } from '../read-input.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { table } from '../table.ts'
import { timeText } from '../time-text.ts'

export function secretsCommand(io: CliIo): Command {
  return new Command('secrets')
    .description('secrets of a realm: programs read them, nobody reads them back')
    .addCommand(list(io), { isDefault: true })
    .addCommand(set(io))
    .addCommand(remove(io))
}

function list(io: CliIo): Command {
  return realmCommand('list', 'list the names of the secrets').action(
    withClient<RealmOptions, []>(io, async (client, options) => {
      const realm = await realmFor(io, options)
      const items = await allPages((query) => client.secrets.list({ params: { realm }, query }))
      print(io, options, { items }, () =>
        table(
          ['SECRET', 'SET'],
          items.map((secret) => [secret.name, timeText(secret.updatedAtMs)]),
        ),
      )
    }),
  )
}

function set(io: CliIo): Command {
  return realmCommand(
    'set <name>',
    'set a secret; its value is asked for, or read from standard input',
  ).action(
    withClient<RealmOptions, [string]>(io, async (client, options, name) => {
      const realm = await realmFor(io, options)
      const value = await readSecret(io, `Value of ${name}`)
      const stored = await client.secrets.set({ params: { realm, secret: name }, body: { value } })
      print(io, options, stored, () => `${name} is set`)
    }),
  )
}

function remove(io: CliIo): Command {
  return realmCommand('delete <name>', 'delete a secret').action(
    withClient<RealmOptions, [string]>(io, async (client, options, name) => {
      const realm = await realmFor(io, options)
      await client.secrets.delete({ params: { realm, secret: name } })
      print(io, options, { deleted: name }, () => `${name} is deleted`)
    }),
  )
}
