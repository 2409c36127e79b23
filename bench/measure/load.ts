import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface LoadResult {
  requestsPerSecond: number
  p50Ms: number
  p99Ms: number
}

export interface LoadOptions {
  url: string
  /** `host` header, where a realm answers by its name. */
  host?: string
  seconds: number
  connections: number
}

/** Puts load on one URL for a bounded time, and fails if any answer was not a good one. */
export interface LoadGenerator {
  name: string
  run(options: LoadOptions): Promise<LoadResult>
}

const run = promisify(execFile)
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024

/** `wrk` where it is on the path, because it burns least itself; else autocannon from this folder's own packages. */
export async function findLoadGenerator(benchFolder: string): Promise<LoadGenerator> {
  const wrk = await runAnyway('wrk', ['--version'])
  if (/^wrk /m.test(wrk)) return { name: 'wrk -t1', run: runWrk }
  const autocannon = join(benchFolder, 'node_modules/autocannon/autocannon.js')
  return { name: 'autocannon', run: (options) => runAutocannon(autocannon, options) }
}

async function runWrk(options: LoadOptions): Promise<LoadResult> {
  const { url, host, seconds, connections } = options
  const header = host ? ['-H', `Host: ${host}`] : []
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...header, onlyLoopback(url)]
  const { stdout } = await run('wrk', args, { timeout: (seconds + 30) * 1000, maxBuffer: MAX_OUTPUT_BYTES })
  return parseWrk(stdout)
}

async function runAutocannon(program: string, options: LoadOptions): Promise<LoadResult> {
  const { url, host, seconds, connections } = options
  const header = host ? ['-H', `host=${host}`] : []
  const args = [
    program,
    '-j',
    '-n',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    ...header,
    onlyLoopback(url),
  ]
  const settings = { timeout: (seconds + 30) * 1000, maxBuffer: MAX_OUTPUT_BYTES }
  const { stdout } = await run(process.execPath, args, settings)
  return parseAutocannon(stdout)
}

/** Load is for this machine only, whatever somebody passes in. */
export function onlyLoopback(url: string): string {
  if (new URL(url).hostname === '127.0.0.1') return url
  throw new Error(`Load goes to 127.0.0.1 only, not to ${url}`)
}

const UNIT_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

/** Reads the text of `wrk --latency`. */
export function parseWrk(output: string): LoadResult {
  const bad = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.+)/.exec(output)
  if (bad) throw new Error(`The load met bad answers: ${bad[0]}`)
  const requestsPerSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1])
  const latencyMs = (percent: number) => {
    const [, value, unit] =
      new RegExp(`^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm').exec(output) ?? []
    return Number(value) * (UNIT_MS[unit ?? ''] ?? Number.NaN)
  }
  const result = { requestsPerSecond, p50Ms: latencyMs(50), p99Ms: latencyMs(99) }
  if (Object.values(result).every(Number.isFinite)) return result
  throw new Error(`This is not what wrk prints:\n${output.slice(0, 500)}`)
}

/** Reads the JSON of `autocannon -j`. */
export function parseAutocannon(output: string): LoadResult {
  const { requests, latency, non2xx, errors, timeouts } = JSON.parse(output)
  if (non2xx + errors + timeouts > 0) {
    throw new Error(`The load met bad answers: ${non2xx} not 2xx, ${errors} errors, ${timeouts} timeouts`)
  }
  return { requestsPerSecond: requests.average, p50Ms: latency.p50, p99Ms: latency.p99 }
}

async function runAnyway(program: string, args: string[]): Promise<string> {
  // wrk ends with 1 after printing its version; a program that is not there prints nothing.
  return run(program, args).then(
    ({ stdout }) => stdout,
    (failure: { stdout?: string }) => failure.stdout ?? '',
  )
}
