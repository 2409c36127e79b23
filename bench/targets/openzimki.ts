import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type Client, createClient } from '@openzimki/api'
import { deployFolder, readRealmFolder } from '@openzimki/cli'
import { startProgram, stopProgram } from './child.ts'
import type { RunningTarget, Target } from './target.ts'

const run = promisify(execFile)
const START_MS = 60_000
const DEPLOY_MS = 120_000

/** The answer of `zimki deploy --json`. */
export interface Deployed {
  realm: string
  alias: string
  deployment: string
  url: string
  /** From the upload's end to live. */
  ms: number
}

/** A realm that answers. */
export type Live = Pick<Deployed, 'realm' | 'url'>

/** A `zimki up` of our own, on a data folder of its own. */
export interface Platform {
  /** `http://127.0.0.1:<port>`. */
  url: string
  data: string
  pid: number
  deploy(folder: string, realm: string): Promise<Deployed>
  /** Deploys one folder as many realms, a few at once, without a process for each; each is told when it is live. */
  deployMany(
    folder: string,
    realms: readonly string[],
    onLive: (deployed: Live) => Promise<void>,
  ): Promise<void>
  /** The same, each realm in an account of its own, and so in a cell of its own. */
  deployApart(
    folder: string,
    realms: readonly string[],
    onLive: (deployed: Live) => Promise<void>,
  ): Promise<void>
  /** Of the operator. */
  client(): Promise<Client>
  /** Stops it and starts it again on the same data, with no realm loaded. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface PlatformOptions {
  root: string
  /** Further environment of the server. */
  env?: Record<string, string>
  /** Further flags of `zimki up`. */
  flags?: readonly string[]
}

/** Starts the program as a user would, by its command. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const data = await mkdtemp(join(tmpdir(), 'bench-zimki-'))
  const program = join(options.root, 'packages/server/bin/zimki.js')
  const start = () => up(program, data, options)
  let server = await start()
  const operator = async () => createClient({ url: server.url, token: await operatorToken(data) })
  return {
    get url() {
      return server.url
    },
    get pid() {
      return server.pid
    },
    data,
    deploy: (folder, realm) => deploy(program, data, server.url, folder, realm),
    async deployMany(folder, realms, onLive) {
      const client = await operator()
      await deployMany(async () => client, folder, realms, onLive)
    },
    async deployApart(folder, realms, onLive) {
      const client = await operator()
      const account = async (name: string): Promise<Client> => {
        const { id } = await client.accounts.create({ body: { name, trusted: false } })
        const { token } = await client.tokens.create({ body: { name: 'bench', account: id } })
        return createClient({ url: server.url, token })
      }
      await deployMany(account, folder, realms, onLive)
    },
    client: operator,
    async restart() {
      await server.stop()
      server = await start()
    },
    async stop() {
      await server.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function up(program: string, data: string, { env = {}, flags = [] }: PlatformOptions) {
  const args = [program, 'up', '--port', '0', '--data', data, '--json', ...flags]
  const child = startProgram(process.execPath, args, env)
  const stop = () => stopProgram(child)
  try {
    const started = JSON.parse(await firstLine(child.stdout)) as { url: string }
    child.stdout?.resume()
    return { url: loopback(started.url), pid: child.pid ?? 0, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function firstLine(stdout: NodeJS.ReadableStream | null): Promise<string> {
  if (!stdout) throw new Error('zimki up has no output to read')
  const lines = createInterface({ input: stdout, signal: AbortSignal.timeout(START_MS) })
  for await (const line of lines) if (line.startsWith('{')) return line
  throw new Error(`zimki up did not say within ${START_MS} ms where it answers`)
}

async function deploy(
  program: string,
  data: string,
  url: string,
  folder: string,
  realm: string,
): Promise<Deployed> {
  const token = await operatorToken(data)
  const args = [program, 'deploy', folder, '--realm', realm, '--json']
  const env = { ...process.env, ZIMKI_URL: url, ZIMKI_TOKEN: token }
  const { stdout } = await run(process.execPath, args, { timeout: DEPLOY_MS, env })
  return JSON.parse(stdout) as Deployed
}

/** Deploys at once; more would only wait for each other. */
const DEPLOYS_AT_ONCE = 4

async function deployMany(
  clientFor: (realm: string) => Promise<Client>,
  folder: string,
  realms: readonly string[],
  onLive: (deployed: Live) => Promise<void>,
): Promise<void> {
  const read = await readRealmFolder(folder)
  const waiting = [...realms]
  const worker = async () => {
    for (let realm = waiting.shift(); realm !== undefined; realm = waiting.shift()) {
      const { url: address } = await deployFolder(await clientFor(realm), read, { realm })
      if (address === null) throw new Error(`The realm ${realm} has no address`)
      await onLive({ realm, url: address })
    }
  }
  await Promise.all(Array.from({ length: DEPLOYS_AT_ONCE }, worker))
}

async function operatorToken(data: string): Promise<string> {
  return (JSON.parse(await readFile(join(data, 'operator.json'), 'utf8')) as { token: string }).token
}

/** The same place by its number: `localhost` may also be IPv6. */
function loopback(url: string): string {
  const place = new URL(url)
  place.hostname = '127.0.0.1'
  return place.origin
}

/** Where a realm answers, for clients that connect to 127.0.0.1 only; also after a restart, which gives the platform another port. */
export function realmAddress(platform: Platform, deployed: Live): { url: string; host?: string } {
  const place = new URL(deployed.url)
  const path = place.pathname.endsWith('/') ? place.pathname : `${place.pathname}/`
  const url = `${platform.url}${path}`
  return /^(?:localhost|127\.0\.0\.1)$/.test(place.hostname) ? { url } : { url, host: place.hostname }
}

/** Hello of a realm, as a target beside the peers. */
export function openZimki(options: PlatformOptions & { name: string; folder: string }): Target {
  return {
    name: options.name,
    async start(): Promise<RunningTarget> {
      const platform = await startPlatform(options)
      try {
        const deployed = await platform.deploy(options.folder, 'hello')
        return { ...realmAddress(platform, deployed), pid: platform.pid, stop: platform.stop }
      } catch (error) {
        await platform.stop()
        throw error
      }
    },
  }
}
