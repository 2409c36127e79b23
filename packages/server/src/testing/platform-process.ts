import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@openzimki/api'
import type { Artifact } from '@openzimki/core'
import { steadyPort } from './steady-port.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/zimki.js', import.meta.url))
/** Does the same in a hurry. */
export const QUICK = fileURLToPath(new URL('quick-main.ts', import.meta.url))

/** The parts of a platform that run in processes of their own, told by a word of their command lines. */
const PARTS = {
  cell: '/cell.js',
  agent: 'machine/agent.js',
  store: 'store-process',
  server: 'server/src/main.ts',
}
export type Part = keyof typeof PARTS

/** What `up --json` prints. */
interface Announced {
  url: string
  port: number
  welcome: string
}

/** `zimki up` as an operator runs it, with a data folder that outlives it. */
export class PlatformProcess {
  readonly data: string
  readonly #flags: readonly string[]
  readonly #program: string
  #child: ChildProcess | null = null
  port = 0
  announced!: Announced
  client!: Client

  private constructor(data: string, flags: readonly string[], program: string) {
    this.data = data
    this.#flags = flags
    this.#program = program
  }

  /** `flags`: further ones for `up`. */
  static async start(flags: readonly string[] = [], program = LAUNCHER): Promise<PlatformProcess> {
    const data = await mkdtemp(join(tmpdir(), 'zimki-platform-'))
    const platform = new PlatformProcess(data, flags, program)
    platform.port = await steadyPort()
    await platform.up()
    return platform
  }

  /** Starts it on its data folder, at the port of before; `more` flags for this time. */
  async up(more: readonly string[] = []): Promise<void> {
    const flags = ['--port', String(this.port), '--data', this.data, '--json', ...this.#flags, ...more]
    const args = ['--no-node-snapshot', this.#program, 'up', ...flags]
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZIMKI_')))
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
    this.#child = child
    const lines = createInterface({ input: child.stdout! })
    const ended = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`zimki up ended with ${code}`)),
    )
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
    ended.catch(() => undefined)
    this.announced = JSON.parse(line) as Announced
    this.port = this.announced.port
    const { token } = JSON.parse(await readFile(join(this.data, 'operator.json'), 'utf8'))
    this.client = createClient({ url: `http://127.0.0.1:${this.port}`, token })
  }

  /** Deploys one script as a realm. */
  async deployScript(realm: string, source: string, classes: string[] = []): Promise<void> {
    await this.deploy(realm, { kind: 'script', classes, scripts: [{ name: 'main.js', source }] })
  }

  async deploy(realm: string, part: Partial<Artifact> & Pick<Artifact, 'kind'>): Promise<void> {
    const artifact: Artifact = {
      ...{ format: 1, scripts: [], templates: [], tests: [], files: [], env: {}, limits: {} },
      ...{ schedules: [], shared: [], classes: [], ...part },
    }
    await this.client.deployments.create({ params: { realm }, query: { create: true }, body: artifact })
  }

  get(realm: string, path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}/u/${realm}${path}`, { signal: AbortSignal.timeout(30_000) })
  }

  /** Process ids of a part, or of all of this very platform: its data folder is in their environment or arguments. */
  async pids(part: Part | 'everything'): Promise<number[]> {
    const found: number[] = []
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name)) continue
      const [command, environment] = await Promise.all(
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
      )
      const ours = command!.includes(this.data) || environment!.includes(this.data)
      if (ours && (part === 'everything' || command!.includes(PARTS[part]))) found.push(Number(name))
    }
    return found
  }

  /** kill -9, as the kernel does it when memory is short; `everything`: as when the current fails. Says when that was. */
  async killHard(part: Part | 'everything'): Promise<{ fromMs: number; toMs: number }> {
    const pids = await this.pids(part)
    if (pids.length === 0) throw new Error(`no process of the ${part} was found`)
    const fromMs = Date.now()
    for (const pid of pids) kill(pid)
    const toMs = Date.now()
    if (pids.includes(this.#child?.pid ?? 0)) await this.#ended()
    return { fromMs, toMs }
  }

  /** Ends it in order; its folder stays. */
  async end(): Promise<void> {
    this.#child!.kill('SIGTERM')
    await this.#ended()
  }

  async #ended(): Promise<void> {
    const child = this.#child!
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  async close(): Promise<void> {
    await this.end()
    await rm(this.data, { recursive: true, force: true, maxRetries: 20 })
  }
}

/** One may have ended with another that it hung on. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
