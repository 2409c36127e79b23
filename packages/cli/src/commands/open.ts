import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'

export function openCommand(io: CliIo): Command {
  return realmCommand('open', 'print the URL of a realm, and at a terminal open it in the browser').action(
    withClient<RealmOptions, []>(io, async (client, options) => {
      const realm = await realmFor(io, options)
      const { origin, url, name } = await client.realms.get({ params: { realm } })
      const target = origin ?? url
      if (target === null) {
        const message = `${name} has no key that works. Make one: zimki keys create --realm ${name} --alias ${name}`
        throw new PlatformError('NOT_FOUND', message)
      }
      print(io, options, { realm: name, url, origin }, () => target)
      if (!io.stdout.isTTY || options.json) return
      checkOpenable(target)
      await io
        .openUrl(target)
        .catch(() => io.stderr.write('No browser could be started here; open the address yourself.\n'))
    }),
  )
}

/** The address comes from the server; anything but a web page could start a program of this machine. */
function checkOpenable(target: string): void {
  if (URL.canParse(target) && /^https?:$/.test(new URL(target).protocol)) return
  throw new PlatformError('PROTOCOL', 'The server gave an address that is no web page, so it is not opened.')
}
