import { join } from 'node:path'
import { type Client, createClient } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import { type Credentials, configPath, readCredentials } from './config-file.ts'
import type { CliIo } from './io.ts'

export interface ConnectionOptions {
  url?: string
  token?: string
}

/** Data folder of a `zimki up` that was started here. */
const LOCAL_OPERATOR = join('.zimki', 'operator.json')

/**
 * Which server to talk to, first found wins: --url/--token, ZIMKI_URL/ZIMKI_TOKEN, the file that `zimki login` wrote, and the data
 * folder of a `zimki up` in the current folder. A token from a file goes only to the server that the same file names, so that --url cannot
 * carry it elsewhere. Errors: UNAUTHENTICATED saying how to log in.
 */
export async function findCredentials(io: CliIo, options: ConnectionOptions): Promise<Credentials> {
  const url = options.url ?? (io.env.ZIMKI_URL || undefined)
  const token = options.token ?? (io.env.ZIMKI_TOKEN || undefined)
  if (url !== undefined) checkUrl(url)
  if (url !== undefined && token !== undefined) return { url, token }
  for (const path of [configPath(io), join(io.cwd, LOCAL_OPERATOR)]) {
    const stored = await readCredentials(path)
    if (!stored) continue
    if (url === undefined) return { url: stored.url, token: token ?? stored.token }
    if (new URL(url).origin === new URL(stored.url).origin) return { url, token: stored.token }
  }
  throw notLoggedIn(url)
}

export interface Connection {
  client: Client
  url: string
}

/** A client of that server. */
export async function connect(io: CliIo, options: ConnectionOptions): Promise<Connection> {
  const found = await findCredentials(io, options)
  if (isOpenToOthers(found.url))
    io.stderr.write(`Warning: the token goes to ${found.url} unencrypted. Use https.\n`)
  return { client: createClient({ ...found, fetch: io.fetch }), url: found.url }
}

export function checkUrl(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `${url} is not the URL of a server. Give one such as http://127.0.0.1:8080.`,
    {
      details: { usage: true },
    },
  )
}

/** Plain HTTP to this very machine is read by nobody else. */
function isOpenToOthers(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !/^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(hostname)
}

function notLoggedIn(url: string | undefined): PlatformError {
  const what = url ? `There is no token for ${url}.` : 'No server is known.'
  const advice =
    'Start one here with "zimki up", or name one: "zimki login --url URL", or --url and --token, or ZIMKI_URL and ZIMKI_TOKEN.'
  return new PlatformError('UNAUTHENTICATED', `${what} ${advice}`)
}
