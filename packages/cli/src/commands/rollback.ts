import type { Client } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { allPages } from '../all-pages.ts'
import { print, withPlainClient } from '../command.ts'
import type { CliIo } from '../io.ts'
import { withProgress } from '../progress.ts'
import { type RealmOptions, realmCommand, realmFor } from '../realm-option.ts'
import { deployResult, wentLiveText } from './deploy.ts'

export function rollbackCommand(io: CliIo): Command {
  return realmCommand(
    'rollback [deployment]',
    'go live with the deployment before, or with the one named',
  ).action(
    withPlainClient<RealmOptions, [string | undefined]>(io, async (client, options, given) => {
      const realm = await realmFor(io, options)
      const live = await withProgress(io, `Rolling back ${realm}`, async () => {
        const body = given === undefined ? {} : { deployment: await fullDigest(client, realm, given) }
        return client.deployments.rollback({ params: { realm }, body })
      })
      print(io, options, deployResult(live), () => wentLiveText(live))
    }),
  )
}

/** Lists show the first digits of a deployment, so they are accepted where they name just one. */
async function fullDigest(client: Client, realm: string, given: string): Promise<string> {
  if (given.length === 64) return given
  const deployments = await allPages((query) => client.deployments.list({ params: { realm }, query }))
  const matching = deployments.filter(({ id }) => id.startsWith(given.toLowerCase()))
  if (matching.length === 1) return matching[0]!.id
  const how = matching.length === 0 ? 'No deployment starts' : `${matching.length} deployments start`
  throw new PlatformError(
    'NOT_FOUND',
    `${how} with ${given} in ${realm}. See "zimki deployments --realm ${realm}".`,
  )
}
