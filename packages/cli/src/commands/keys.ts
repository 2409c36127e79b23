import type { Key } from '@openzimki/api'
import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { table } from '../table.ts'

export function keysCommand(io: CliIo): Command {
  return new Command('keys')
    .description('API keys of a realm: the ways in, each counted apart')
    .addCommand(list(io), { isDefault: true })
    .addCommand(create(io))
    .addCommand(alias(io))
    .addCommand(revoke(io))
}

function list(io: CliIo): Command {
  return realmCommand('list', 'list the keys of a realm').action(
    withClient<RealmOptions, []>(io, async (client, options) => {
      const realm = await realmFor(io, options)
      const items = await allPages((query) => client.keys.list({ params: { realm }, query }))
      print(io, options, { items }, () => keyTable(items))
    }),
  )
}

interface CreateOptions extends RealmOptions {
  alias?: string
  name?: string
  debug?: boolean
}

function create(io: CliIo): Command {
  return realmCommand('create', 'create a key')
    .option('--alias <alias>', 'name in its URL; unique on the whole platform')
    .option('--name <name>', 'what it is for')
    .option('--debug', 'error pages show the stack: for your own use')
    .action(
      withClient<CreateOptions, []>(io, async (client, options) => {
        const realm = await realmFor(io, options)
        const { alias, name, debug } = options
        const made = await client.keys.create({ params: { realm }, body: { alias, name, debug } })
        print(io, options, made, () => keyTable([made]))
      }),
    )
}

function alias(io: CliIo): Command {
  return realmCommand('alias <key> [alias]', 'set the alias of a key; without one, take it away').action(
    withClient<RealmOptions, [string, string | undefined]>(io, async (client, options, key, given) => {
      const realm = await realmFor(io, options)
      const changed = await client.keys.update({ params: { realm, key }, body: { alias: given ?? null } })
      print(io, options, changed, () => keyTable([changed]))
    }),
  )
}

function revoke(io: CliIo): Command {
  return realmCommand('revoke <key>', 'revoke a key: it answers 404 from now on').action(
    withClient<RealmOptions, [string]>(io, async (client, options, key) => {
      const realm = await realmFor(io, options)
      const revoked = await client.keys.revoke({ params: { realm, key } })
      print(io, options, revoked, () => `${revoked.id} is revoked`)
    }),
  )
}

function keyTable(keys: Key[]): string {
  return table(
    ['KEY', 'ALIAS', 'NAME', 'STATE', 'URL'],
    keys.map((key) => [key.id, key.alias, key.name, stateOf(key), key.origin ?? key.url]),
  )
}

function stateOf(key: Key): string {
  if (key.revokedAtMs !== null) return 'revoked'
  return key.debug ? 'debug' : 'works'
}
