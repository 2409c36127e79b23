import type { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { table } from '../table.ts'
import { timeText } from '../time-text.ts'

export function deploymentsCommand(io: CliIo): Command {
  return realmCommand('deployments', 'list the deployments of a realm, newest first').action(
    withClient<RealmOptions, []>(io, async (client, options) => {
      const realm = await realmFor(io, options)
      const items = await allPages((query) => client.deployments.list({ params: { realm }, query }))
      print(io, options, { items }, () =>
        table(
          ['DEPLOYMENT', 'LIVE', 'KIND', 'CREATED', 'BY', 'FILES', 'BYTES'],
          items.map(({ id, live, kind, createdAtMs, createdBy, files, bytes }) => [
            id.slice(0, 12),
            live ? 'live' : '',
            kind,
            timeText(createdAtMs),
            createdBy,
            files,
            bytes,
          ]),
        ),
      )
    }),
  )
}
