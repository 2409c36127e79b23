import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Client, createClient } from '@openzimki/api'
import { killHard } from './kill-hard.ts'

const LAUNCHER = fileURLToPath(new URL('../../packages/server/bin/zimki.js', import.meta.url))

export interface ZimkiOptions {
  /** Folder of its data; it is kept. */
  data: string
  /** File that its messages are added to. */
  logFile: string
  /** Of `zimki up`, besides port and data. */
  flags: readonly string[]
}

/** `zimki up` as an operator runs it, which can be killed and started again on the same data and port. */
export class ZimkiProcess {
  readonly #options: ZimkiOptions
  #child: ChildProcess | null = null
  #token = ''
  port = 0

  constructor(options: ZimkiOptions) {
    this.#options = options
  }

  /** Resolves when it answers. Rejects when it ends before. */
  async up(): Promise<void> {
    const { data, logFile, flags } = this.#options
    const args = [LAUNCHER, 'up', '--port', String(this.port), '--data', data, '--json', ...flags]
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', openSync(logFile, 'a')],
      env: ownEnvironment(),
    })
    this.#child = child
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })
    const ended = once(child, 'exit').then(([code, signal]) =>
      Promise.reject(new Error(`zimki up ended with ${signal ?? code}; ${logFile} says why`)),
    )
    ended.catch(() => undefined)
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
    this.port = (JSON.parse(line) as { port: number }).port
    this.#token = (JSON.parse(await readFile(join(data, 'operator.json'), 'utf8')) as { token: string }).token
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Of the operator. */
  get client(): Client {
    return createClient({ url: this.url, token: this.#token })
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child
    if (!child || isOver(child)) return
    const gone = once(child, 'exit')
    killHard(child.pid ?? 0)
    await gone
  }

  /** Ends it in order. Resolves with its exit status. */
  async end(): Promise<number | null> {
    const child = this.#child
    if (!child || isOver(child)) return child?.exitCode ?? null
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    return ((await gone) as [number | null])[0]
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** Settings of the person who runs this must not lead it to another platform. */
export function ownEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZIMKI_')))
}
