import type { User } from '@openzimki/api'
import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { readSecret } from '../read-input.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { table } from '../table.ts'

export function usersCommand(io: CliIo): Command {
  return new Command('users')
    .description('users of a realm: who can log in to the application')
    .addCommand(list(io), { isDefault: true })
    .addCommand(create(io))
    .addCommand(password(io))
    .addCommand(remove(io))
}

function list(io: CliIo): Command {
  return realmCommand('list', 'list the users of a realm').action(
    withClient<RealmOptions, []>(io, async (client, options) => {
      const realm = await realmFor(io, options)
      const items = await allPages((query) => client.users.list({ params: { realm }, query }))
      print(io, options, { items }, () => userTable(items))
    }),
  )
}

function create(io: CliIo): Command {
  return realmCommand(
    'create <username>',
    'create a user; the password is asked for, or read from standard input',
  ).action(
    withClient<RealmOptions, [string]>(io, async (client, options, username) => {
      const realm = await realmFor(io, options)
      const body = { username, password: await readSecret(io, `Password of ${username}`) }
      const made = await client.users.create({ params: { realm }, body })
      print(io, options, made, () => userTable([made]))
    }),
  )
}

function password(io: CliIo): Command {
  return realmCommand(
    'password <username>',
    'set the password of a user; it is asked for, or read from standard input',
  ).action(
    withClient<RealmOptions, [string]>(io, async (client, options, user) => {
      const realm = await realmFor(io, options)
      const body = { password: await readSecret(io, `New password of ${user}`) }
      await client.users.setPassword({ params: { realm, user }, body })
      print(io, options, { username: user }, () => `${user} has a new password`)
    }),
  )
}

function remove(io: CliIo): Command {
  return realmCommand('delete <username>', 'delete a user').action(
    withClient<RealmOptions, [string]>(io, async (client, options, user) => {
      const realm = await realmFor(io, options)
      await client.users.delete({ params: { realm, user } })
      print(io, options, { deleted: user }, () => `${user} is deleted`)
    }),
  )
}

function userTable(users: User[]): string {
  return table(
    ['USER', 'ID', 'SINCE', 'GROUPS'],
    users.map((user) => [user.username, user.id, user.createdAt, user.groups.join(', ')]),
  )
}
