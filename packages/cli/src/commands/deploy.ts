import { resolve } from 'node:path'
import type { WentLive } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { apiCommand, type BaseOptions, print, withPlainClient } from '../command.ts'
import { deployFolder } from '../deploy-folder.ts'
import type { CliIo } from '../io.ts'
import { withProgress } from '../progress.ts'
import { readRealmFolder } from '../realm-folder/read-realm-folder.ts'
import { showSource } from '../show-source.ts'

interface Options extends BaseOptions {
  realm?: string
}

export function deployCommand(io: CliIo): Command {
  return apiCommand(
    'deploy [folder]',
    'put a realm folder live; the version before stays live if anything is wrong',
  )
    .option('--realm <name>', 'realm to deploy to, made if missing (default: "name" in realm.json)')
    .action(
      withPlainClient<Options, [string | undefined]>(io, async (client, options, given) => {
        const folder = await withProgress(io, 'Reading the folder', () =>
          readRealmFolder(resolve(io.cwd, given ?? '.')),
        )
        const realm = realmOf(folder, options.realm)
        const live = await withProgress(io, `Deploying to ${realm}`, () =>
          deployFolder(client, folder, { realm, signal: io.signal }),
        ).catch((error: unknown) => showSource(error, folder.folder))
        print(io, options, deployResult(live), () => wentLiveText(live))
      }),
    )
}

/** The realm that a folder goes to: the option, or what realm.json says. */
export function realmOf(folder: { name?: string | undefined }, option: string | undefined): string {
  const realm = option ?? folder.name
  if (realm !== undefined) return realm
  const message = 'Which realm? Give --realm NAME, or write "name" into realm.json.'
  throw new PlatformError('INVALID_ARGUMENT', message, { details: { usage: true } })
}

/** What `--json` promises, and what else the server said. */
export function deployResult(live: WentLive) {
  const { realm, alias, deployment, url, ms, ...rest } = live
  return { realm, alias, deployment, url, ms, ...rest }
}

export function wentLiveText(live: WentLive): string {
  const what = live.changed ? `${live.realm} is live` : `${live.realm} was live already, nothing changed`
  const where =
    live.origin && live.url
      ? `${live.origin}\n  ${live.url}`
      : (live.origin ?? live.url ?? 'no key is left; make one with "zimki keys create"')
  return `${what} (${live.deployment.slice(0, 12)}, ${Math.round(live.ms)} ms)\n  ${where}`
}
