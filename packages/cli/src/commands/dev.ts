import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Command } from 'commander'
import { apiCommand, type BaseOptions, withPlainClient } from '../command.ts'
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
      withPlainClient<Options, [string | undefined]>(io, async (client, options, given) => {
        const path = resolve(io.cwd, given ?? '.')
        // A folder that is wrong from the start is a mistake in the command, not one to wait out.
        const realm = realmOf((await openRealmFolder(path)).realm, options.realm)
        const say = sayerFor(io, options)
        const bursts = watchFolder(path, io.signal)
        let logs: Promise<void> | undefined
        let last: Outcome | undefined
        for await (const why of changesAndRetries(bursts, io, () => last === 'away')) {
          last = await redeploy({ io, client, path, realm, say, isLive: logs !== undefined, why })
          if (last === 'live') logs ??= showLogs(io, client, realm, say)
        }
        await logs
      }),
    )
}

/** `away`: the server did not answer, which may get better without a change. */
type Outcome = 'live' | 'refused' | 'away'

/** Yields at the start, after each burst of changes, and every now and then while `isAway()`. */
async function* changesAndRetries(
  bursts: AsyncGenerator<void>,
  io: CliIo,
  isAway: () => boolean,
): AsyncGenerator<'change' | 'retry'> {
  yield 'change'
  // A wait may fail while a deploy is under way; it is thrown where it is waited for.
  const wait = () => {
    const promise = bursts.next()
    promise.catch(() => undefined)
    return promise
  }
  let next = wait()
  while (true) {
    const retry = isAway() ? [pause(io.reconnectAfterMs, 'retry' as const)] : []
    const event = await Promise.race([next, ...retry])
    if (event === 'retry') {
      yield event
      continue
    }
    if (event.done) return
    next = wait()
    yield 'change'
  }
}

/** Tells one thing: a document a line with --json, else text. */
type Say = (value: unknown, text: () => string) => void

function sayerFor(io: CliIo, options: Options): Say {
  return (value, text) => io.stdout.write(`${options.json ? jsonLine(value) : text()}\n`)
}

interface Attempt {
  io: CliIo
  client: Client
  path: string
  realm: string
  say: Say
  isLive: boolean
  why: 'change' | 'retry'
}

/** Tells how it went, but not again that the server is still away. */
async function redeploy({ io, client, path, realm, say, isLive, why }: Attempt): Promise<Outcome> {
  try {
    const folder = await readRealmFolder(path)
    const live = await withProgress(io, `Deploying to ${realm}`, () =>
      deployFolder(client, folder, { realm, signal: io.signal }),
    ).catch((error: unknown) => showSource(error, folder.folder))
    say({ deployed: deployResult(live) }, () => wentLiveText(live))
    return 'live'
  } catch (thrown) {
    if (io.signal.aborted) return 'refused'
    const error = PlatformError.from(thrown)
    const isAway = error.code === 'UNAVAILABLE' || error.code === 'NO_CAPACITY'
    const next = isAway ? 'trying again until it works ...' : 'waiting for the next change ...'
    const kept = isLive ? `The version before stays live; ${next}` : `Nothing is live yet; ${next}`
    if (why === 'change' || !isAway) say({ error }, () => `${printable(error.message)}\n${kept}`)
    return isAway ? 'away' : 'refused'
  }
}

async function showLogs(io: CliIo, client: Client, realm: string, say: Say): Promise<void> {
  try {
    for await (const line of followLogs(io, client, realm, 0)) say({ log: line }, () => logText(line))
  } catch (thrown) {
    io.stderr.write(`The log cannot be shown: ${printable(PlatformError.from(thrown).message)}\n`)
  }
}
