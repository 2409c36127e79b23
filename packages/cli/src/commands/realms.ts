import type { Realm } from '@openzimki/api'
import { Command, Option } from 'commander'
import { allPages } from '../all-pages.ts'
import { apiCommand, type BaseOptions, print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { table } from '../table.ts'

export function realmsCommand(io: CliIo): Command {
  return new Command('realms')
    .description('list, show, create and delete realms')
    .addCommand(list(io), { isDefault: true })
    .addCommand(show(io))
    .addCommand(create(io))
    .addCommand(place(io))
    .addCommand(remove(io))
}

function list(io: CliIo): Command {
  return apiCommand('list', 'list the realms of the account').action(
    withClient<BaseOptions, []>(io, async (client, options) => {
      const items = await allPages((query) => client.realms.list({ query }))
      print(io, options, { items }, () =>
        items.length === 0
          ? 'No realm yet. Make one: zimki init hello && zimki deploy hello'
          : realmTable(items),
      )
    }),
  )
}

function show(io: CliIo): Command {
  return apiCommand('show <realm>', 'show a realm').action(
    withClient<BaseOptions, [string]>(io, async (client, options, realm) => {
      const found = await client.realms.get({ params: { realm } })
      print(io, options, found, () => realmTable([found]))
    }),
  )
}

function create(io: CliIo): Command {
  return apiCommand(
    'create <name>',
    'create an empty realm with its first key (deploy does this by itself)',
  ).action(
    withClient<BaseOptions, [string]>(io, async (client, options, name) => {
      const made = await client.realms.create({ body: { name } })
      print(io, options, made, () => realmTable([made]))
    }),
  )
}

interface PlaceOptions extends BaseOptions {
  pool?: string
  isolation?: 'process' | 'container' | 'vm'
}

function place(io: CliIo): Command {
  return apiCommand('place <realm>', 'say where a realm may run; without options: anywhere')
    .option('--pool <name>', 'the only pool of machines that it may run in')
    .addOption(
      new Option('--isolation <level>', 'the weakest border that it may run behind').choices([
        'process',
        'container',
        'vm',
      ]),
    )
    .action(
      withClient<PlaceOptions, [string]>(io, async (client, options, realm) => {
        const runsIn = { pool: options.pool ?? null, isolation: options.isolation ?? null }
        const found = await client.realms.update({ params: { realm }, body: { runsIn } })
        const where = [options.pool && `pool ${options.pool}`, options.isolation].filter(Boolean).join(', ')
        print(io, options, found, () => `${found.name} runs in: ${where || 'any pool'}`)
      }),
    )
}

function remove(io: CliIo): Command {
  return apiCommand('delete <realm>', 'delete a realm with all its objects, files, keys and logs')
    .requiredOption('--yes', 'really: it cannot be undone')
    .action(
      withClient<BaseOptions, [string]>(io, async (client, options, realm) => {
        await client.realms.delete({ params: { realm } })
        print(io, options, { deleted: realm }, () => `${realm} is deleted`)
      }),
    )
}

function realmTable(realms: Realm[]): string {
  return table(
    ['NAME', 'KIND', 'STATE', 'DEPLOYMENT', 'URL'],
    realms.map((realm) => [
      realm.name,
      realm.kind,
      realm.state === 'refused' ? `refused: ${realm.reason}` : realm.deployment ? 'live' : 'empty',
      realm.deployment?.slice(0, 12),
      realm.origin ?? realm.url,
    ]),
  )
}
