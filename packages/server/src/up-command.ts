import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { get } from 'node:http'
import { resolve } from 'node:path'
import { createClient } from '@openzimki/api'
import { type CliIo, readJsonFile, withProgress } from '@openzimki/cli'
import { METER_MODES, type MeterMode, PlatformError } from '@openzimki/core'
import { isPostgresUrl } from '@openzimki/store/postgres'
import { Command, InvalidArgumentError, Option } from 'commander'
import { deployBuiltIns } from './built-in-realms.ts'
import type { Platform } from './compose.ts'
import type { Log } from './log.ts'
import { writeOperatorFile } from './operator-file.ts'
import type { UpOptions } from './up-options.ts'

/** Told which part has begun. */
type Tell = (part: string) => void

interface UpFlags {
  port: number
  host: string
  data: string
  blobs?: string
  state?: string
  standby?: boolean
  json?: boolean
  baseDomain: string[]
  publicUrl?: string
  name: string
  allowEgress: string[]
  trustProxy: string[]
  isolationFloor: UpOptions['isolationFloor']
  pathForm: UpOptions['pathForm']
  cellUsers: UpOptions['cellUsers']
  meter: MeterMode
  spareCells: number
  provider: string
  providerConfig?: string
  pools?: string
  agentsAddress?: string
  agentsListen?: string
}

/** `zimki up`: a whole platform on this machine, until Ctrl-C. */
export function upCommand(io: CliIo, tempo?: UpOptions['tempo']): Command {
  return new Command('up')
    .description('start a platform on this machine')
    .option('--port <port>', 'port to listen on; 0 for any free one', wholeNumber, 8080)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--data <folder>', 'folder that keeps everything', '.zimki')
    .option(
      '--blobs <place>',
      'where blobs are kept: s3://bucket/prefix?region=... (default: in the data folder)',
    )
    .option('--state <url>', 'postgres:// database for the state, in place of SQLite; or ZIMKI_STATE')
    .option('--standby', 'while another platform acts on that database, wait and take over when it goes')
    .option('--base-domain <domain...>', 'domains whose subdomains are realms', ['localhost'])
    .option('--public-url <url>', 'origin under which people reach it')
    .option('--name <name>', 'name of this provider, in its signed readings', 'local')
    .option('--allow-egress <address...>', 'private addresses (CIDR or host:port) that realms may call', [])
    .option(
      '--trust-proxy <address...>',
      'proxies in front (address, CIDR, loopback) that tell the client',
      [],
    )
    .addOption(
      new Option('--isolation-floor <level>', 'weakest border for accounts that are not marked trusted')
        .choices(['process', 'container', 'vm'])
        .default('process'),
    )
    .addOption(
      new Option('--path-form <whose>', 'whose realms answer under /u/<key>/ too')
        .choices(['all', 'trusted'])
        .default('all'),
    )
    .option(
      '--cell-users <first-last>',
      'as root: users that cells run as, one each; "none" for root itself',
      userRange,
      { first: 1_900_000_000, last: 1_900_065_535 },
    )
    .option('--spare-cells <count>', 'processes kept ready for realms that are asked for', wholeNumber, 1)
    .option('--provider <name>', 'where machines come from: an adapter by name, package or folder', 'local')
    .option('--provider-config <file>', 'JSON file with the settings of that adapter')
    .option('--pools <file>', 'JSON file with pools of machines, in place of one machine of --provider')
    .option('--agents-address <host:port>', 'where machines on other hosts reach this platform, over TLS')
    .option('--agents-listen <host:port>', 'where to listen for them, if that is not the same')
    .addOption(
      new Option('--meter <when>', 'alternate: every other two seconds only, to measure what it costs')
        .choices(METER_MODES)
        .default('on'),
    )
    .option('--json', 'print one line of JSON when it is ready')
    .action((flags: UpFlags) => up(flags, io, tempo))
}

async function up(flags: UpFlags, io: CliIo, tempo: UpOptions['tempo']): Promise<void> {
  const startedMs = performance.now()
  const log: Log = (level, message, details) => {
    const more = details ? ` ${JSON.stringify(details)}` : ''
    // A terminal may be showing progress on this line, which comes back by itself.
    const clear = io.stderr.isTTY ? '\r\u001b[2K' : ''
    io.stderr.write(`${clear}${new Date().toISOString()} ${level} ${message}${more}\n`)
  }
  const ended = new Promise<void>((resolve) => {
    io.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  let deposed: PlatformError | null = null
  const end = new AbortController()
  const onDeposed = (error: PlatformError): void => {
    deposed = error
    end.abort()
  }
  const options = { ...(await optionsOf(flags, io)), ...(tempo ? { tempo } : {}), onDeposed }
  const { platform, operatorFile } = await withProgress(io, 'Loading the platform', (tell) =>
    start(options, log, version, tell),
  )
  try {
    announce(platform, flags, io, operatorFile, performance.now() - startedMs)
    rehearse(platform.localUrl, `welcome.${flags.baseDomain[0]}`)
    if (!io.signal.aborted && !end.signal.aborted) await Promise.race([ended, once(end.signal, 'abort')])
    if (deposed) throw deposed
    if (!flags.json) io.stderr.write('\nEnding: requests finish and the meter is taken ...\n')
  } finally {
    await platform.close()
  }
}

async function start(options: UpOptions, log: Log, version: string, tell: Tell) {
  // Only here, so that other commands do not load a platform.
  const { composePlatform } = await import('./compose.ts')
  const platform = await composePlatform(options, log, version, tell)
  try {
    return { platform, operatorFile: await firstStart(platform, log, tell) }
  } catch (error) {
    await platform.close()
    throw error
  }
}

/** The operator's account and the realms that come with the platform; what is there already is left alone. */
async function firstStart(platform: Platform, log: Log, tell: Tell): Promise<string> {
  const { control, url, localUrl, data } = platform
  const operator = await control.ensureOperator()
  const { token } = await writeOperatorFile(data, url, operator, () => control.newOperatorToken())
  const client = createClient({ url: localUrl, token })
  await deployBuiltIns(client, data, log, tell)
  const { endBundler } = await import('@openzimki/runtime')
  await endBundler()
  return data.operatorFile
}

/**
 * Asks for the welcome page once, as a visitor would: the first request of all waits for code that has never run, about 50 ms,
 * and that visitor may as well be us. What comes of it nobody needs to know.
 */
function rehearse(url: string, host: string): void {
  get(url, { headers: { host } }, (response) => response.resume()).once('error', () => undefined)
}

function announce(platform: Platform, flags: UpFlags, io: CliIo, operatorFile: string, ms: number): void {
  const { url, port, data } = platform
  const welcome = welcomeAddress(url, flags)
  if (flags.json) {
    io.stdout.write(
      `${JSON.stringify({ url, port, data: data.root, operatorFile, welcome, pid: process.pid, ms: Math.round(ms) })}\n`,
    )
    return
  }
  const lines = [
    `OpenZimki is up after ${Math.round(ms)} ms.`,
    '',
    `  Welcome realm   ${welcome}`,
    `  API             ${url}/api/v1`,
    `  Data            ${data.root}`,
    `  Operator        ${operatorFile} (account and token; other commands find it)`,
    '',
    '  Next, in another terminal:  npx zimki init my-realm && npx zimki deploy my-realm --realm my-realm',
    '  Ctrl-C ends it.',
  ]
  io.stdout.write(`${lines.join('\n')}\n`)
}

function welcomeAddress(url: string, flags: UpFlags): string {
  const place = new URL(url)
  place.hostname = `welcome.${flags.baseDomain[0]}`
  return place.href
}

async function optionsOf(flags: UpFlags, io: CliIo): Promise<UpOptions> {
  const { host, port, data, baseDomain, publicUrl, name, allowEgress, meter, spareCells, provider } = flags
  const { providerConfig, trustProxy, isolationFloor, pathForm, cellUsers } = flags
  const { agentsAddress, agentsListen } = flags
  return {
    ...{ host, port, data, name, spareCells, provider, isolationFloor, pathForm, cellUsers },
    state: stateOf(flags, io),
    ...(flags.standby ? { standbyMs: Number.POSITIVE_INFINITY } : {}),
    providerConfig: providerConfig === undefined ? {} : await readJsonFile(resolve(io.cwd, providerConfig)),
    pools: flags.pools === undefined ? null : await readJsonFile(resolve(io.cwd, flags.pools)),
    blobs: flags.blobs ?? null,
    baseDomains: baseDomain,
    ...(publicUrl ? { publicUrl } : {}),
    ...(agentsAddress === undefined ? {} : { agentsAddress }),
    ...(agentsListen === undefined ? {} : { agentsListen }),
    egressAllow: allowEgress.join(','),
    trustedProxies: trustProxy,
    meter,
  }
}

/** Above the users that systems give to people, services and containers, below 2^31 (systemd.io/UIDS-GIDS). */
function userRange(text: string): UpOptions['cellUsers'] {
  if (text === 'none') return null
  const [first = 0, last = 0] = text.split('-').map(Number)
  const isRange = /^\d+-\d+$/.test(text) && first >= 1 && last > first && last < 2 ** 32 - 1
  if (isRange) return { first, last }
  throw new InvalidArgumentError('two numbers of users are wanted, such as 1900000000-1900065535, or "none"')
}

/** A URL with a password is better kept off the command line, which others on the machine can read. */
function stateOf(flags: UpFlags, io: CliIo): string | null {
  const state = flags.state ?? io.env.ZIMKI_STATE
  if (state === undefined || state === '') return null
  if (isPostgresUrl(state)) return state
  throw new PlatformError(
    'INVALID_ARGUMENT',
    'The state is named by a URL such as postgres://user:password@host/database',
  )
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  throw new InvalidArgumentError('a whole number from 0 to 65535 is wanted')
}
