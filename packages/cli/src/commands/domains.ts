import { type Domain, host as hostName } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { table } from '../table.ts'
import { timeText } from '../time-text.ts'

export function domainsCommand(io: CliIo): Command {
  return new Command('domains')
    .description('host names of your own that lead to a realm')
    .addCommand(list(io), { isDefault: true })
    .addCommand(add(io))
    .addCommand(remove(io))
}

function list(io: CliIo): Command {
  return realmCommand('list', 'list the host names of a realm').action(
    withClient<RealmOptions, []>(io, async (client, options) => {
      const realm = await realmFor(io, options)
      const items = await allPages((query) => client.domains.list({ params: { realm }, query }))
      print(io, options, { items }, () => domainTable(items))
    }),
  )
}

interface AddOptions extends RealmOptions {
  key?: string
}

function add(io: CliIo): Command {
  return realmCommand('add <host>', 'bind a host name to a realm; its DNS record must lead to the platform')
    .option('--key <key>', 'UUID or alias of the key that its requests count for (default: the first)')
    .action(
      withClient<AddOptions, [string]>(io, async (client, options, host) => {
        const realm = await realmFor(io, options)
        const body = { host: hostFrom(host), key: options.key }
        const made = await client.domains.create({ params: { realm }, body })
        print(io, options, made, () =>
          [domainTable([made]), `Let the DNS record of ${made.host} lead to the platform.`].join('\n'),
        )
      }),
    )
}

function remove(io: CliIo): Command {
  return realmCommand('remove <host>', 'take a host name away from a realm').action(
    withClient<RealmOptions, [string]>(io, async (client, options, given) => {
      const realm = await realmFor(io, options)
      const host = hostFrom(given)
      await client.domains.delete({ params: { realm, host } })
      print(io, options, { removed: host }, () => `${host} no longer leads to ${realm}`)
    }),
  )
}

/** Host names are the same in either case, and people type both. */
function hostFrom(given: string): string {
  const parsed = hostName.safeParse(given.toLowerCase())
  if (parsed.success) return parsed.data
  const message = `"${given}" is not a host name. Give one such as www.example.com, without http:// and without a path.`
  throw new PlatformError('INVALID_ARGUMENT', message, { details: { usage: true } })
}

function domainTable(domains: Domain[]): string {
  return table(
    ['HOST', 'KEY', 'SINCE'],
    domains.map((domain) => [domain.host, domain.key, timeText(domain.createdAtMs)]),
  )
}
