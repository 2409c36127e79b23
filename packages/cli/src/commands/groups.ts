import type { Client, Group } from '@openzimki/api'
import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { table } from '../table.ts'

export function groupsCommand(io: CliIo): Command {
  return new Command('groups')
    .description("groups of a realm's users: who may do what in the application")
    .addCommand(list(io), { isDefault: true })
    .addCommand(create(io))
    .addCommand(add(io))
    .addCommand(remove(io))
    .addCommand(deleteGroup(io))
}

function list(io: CliIo): Command {
  return realmCommand('list', 'list the groups of a realm and who is in them').action(
    withClient<RealmOptions, []>(io, async (client, options) => {
      const realm = await realmFor(io, options)
      const items = await allPages((query) => client.groups.list({ params: { realm }, query }))
      // Programs get the ids, which `zimki users --json` has too.
      const names = options.json ? new Map<string, string>() : await usernames(client, realm)
      print(io, options, { items }, () => groupTable(items, names))
    }),
  )
}

function create(io: CliIo): Command {
  return realmCommand('create <group>', 'create a group').action(
    withClient<RealmOptions, [string]>(io, async (client, options, name) => {
      const realm = await realmFor(io, options)
      const made = await client.groups.create({ params: { realm }, body: { name } })
      print(io, options, made, () => groupTable([made], new Map()))
    }),
  )
}

function add(io: CliIo): Command {
  return realmCommand('add <group> <username>', 'put a user into a group').action(
    withClient<RealmOptions, [string, string]>(io, async (client, options, group, user) => {
      const realm = await realmFor(io, options)
      const changed = await client.groups.addMember({ params: { realm, group, user } })
      print(io, options, changed, () => `${user} is in ${group}`)
    }),
  )
}

function remove(io: CliIo): Command {
  return realmCommand('remove <group> <username>', 'take a user out of a group').action(
    withClient<RealmOptions, [string, string]>(io, async (client, options, group, user) => {
      const realm = await realmFor(io, options)
      const changed = await client.groups.removeMember({ params: { realm, group, user } })
      print(io, options, changed, () => `${user} is not in ${group}`)
    }),
  )
}

function deleteGroup(io: CliIo): Command {
  return realmCommand('delete <group>', 'delete a group; its users stay').action(
    withClient<RealmOptions, [string]>(io, async (client, options, group) => {
      const realm = await realmFor(io, options)
      await client.groups.delete({ params: { realm, group } })
      print(io, options, { deleted: group }, () => `${group} is deleted`)
    }),
  )
}

async function usernames(client: Client, realm: string): Promise<Map<string, string>> {
  const users = await allPages((query) => client.users.list({ params: { realm }, query }))
  return new Map(users.map((user) => [user.id, user.username]))
}

function groupTable(groups: Group[], names: Map<string, string>): string {
  return table(
    ['GROUP', 'ID', 'SINCE', 'USERS'],
    groups.map((group) => [
      group.name,
      group.id,
      group.createdAt,
      group.members.map((id) => names.get(id) ?? id).join(', ') || null,
    ]),
  )
}
