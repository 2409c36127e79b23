import { resolve } from 'node:path'
import type { Client } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { apiCommand, type BaseOptions, withClient } from '../command.ts'
import { deployFolder } from '../deploy-folder.ts'
import { followLogs } from '../follow-logs.ts'
import type { CliIo } from '../io.ts'
import { logText } from '../log-text.ts'
import { jsonLine, printable } from '../printable.ts'
import { withProgress } from '../progress.ts'
import { openRealmFolder } from '../realm-folder/open-realm-folder.ts'
import { readRealmFolder } from '../realm-folder/read-realm-folder.ts'
import { showSource } from '../show-source.ts'
import { watchFolder } from '../watch-folder.ts'
import { deployResult, realmOf, wentLiveText } from './deploy.ts'

interface Options extends BaseOptions {
  realm?: string
}

export function devCommand(io: CliIo): Command {
  return apiCommand(
    'dev [folder]',
    'watch a realm folder: redeploy on every change and show the log, until Ctrl-C',
  )
    .option('--realm <name>', 'realm to deploy to, made if missing (default: "name" in realm.json)')
    .action(
      withClient<Options, [string | undefined]>(io, async (client, options, given) => {
        const path = resolve(io.cwd, given ?? '.')
        // A folder that is wrong from the start is a mistake in the command, not one to wait out.
        const realm = realmOf((await openRealmFolder(path)).realm, options.realm)
        const say = sayerFor(io, options)
        const bursts = watchFolder(path, io.signal)
        let logs = (await redeploy(io, client, path, realm, say))
          ? showLogs(io, client, realm, say)
          : undefined
        for await (const _burst of bursts) {
          const live = await redeploy(io, client, path, realm, say)
          if (live) logs ??= showLogs(io, client, realm, say)
        }
        await logs
      }),
    )
}

/** Tells one thing: a document a line with --json, else text. */
type Say = (value: unknown, text: () => string) => void

function sayerFor(io: CliIo, options: Options): Say {
  return (value, text) => io.stdout.write(`${options.json ? jsonLine(value) : text()}\n`)
}

/** Resolves to false, having told why, when the folder could not go live. */
async function redeploy(io: CliIo, client: Client, path: string, realm: string, say: Say): Promise<boolean> {
  try {
    const folder = await readRealmFolder(path)
    const live = await withProgress(io, `Deploying to ${realm}`, () =>
      deployFolder(client, folder, { realm, signal: io.signal }),
    ).catch((error: unknown) => showSource(error, folder.folder))
    say({ deployed: deployResult(live) }, () => wentLiveText(live))
    return true
  } catch (thrown) {
    if (io.signal.aborted) return false
    const error = PlatformError.from(thrown)
    say(
      { error },
      () => `${printable(error.message)}\nThe version before stays live; waiting for the next change ...`,
    )
    return false
  }
}

async function showLogs(io: CliIo, client: Client, realm: string, say: Say): Promise<void> {
  try {
    for await (const line of followLogs(io, client, realm, 0)) say({ log: line }, () => logText(line))
  } catch (thrown) {
    io.stderr.write(`The log cannot be shown: ${printable(PlatformError.from(thrown).message)}\n`)
  }
}
