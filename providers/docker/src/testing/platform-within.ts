import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const LAUNCHER = fileURLToPath(new URL('../../../../packages/server/bin/zimki.js', import.meta.url))

/** A way from this network into another: a Unix socket is none of a network's business. */
const GATE = `const net = require('node:net')
const [port, path] = process.argv.slice(1)
net.createServer((from) => {
  const to = net.connect(Number(port), '127.0.0.1')
  for (const one of [from, to]) one.on('error', () => { from.destroy(); to.destroy() })
  from.pipe(to).pipe(from)
}).listen(path, () => console.log('open'))`

export interface Answer {
  status: number
  body: string
}

/** `zimki up` in a network of its own, and the command line beside it. */
export class PlatformWithin {
  readonly folder: string
  readonly #within: readonly string[]
  #children: ChildProcess[] = []

  private constructor(folder: string, within: readonly string[]) {
    this.folder = folder
    this.#within = within
  }

  static async make(within: readonly string[]): Promise<PlatformWithin> {
    return new PlatformWithin(await mkdtemp(join(tmpdir(), 'zimki-up-')), within)
  }

  /** Resolves when it serves. */
  async up(flags: readonly string[]): Promise<void> {
    const [program = '', ...args] = [
      ...this.#within,
      ...[process.execPath, LAUNCHER, 'up', '--port', '0', '--data', join(this.folder, '.zimki'), '--json'],
      ...flags,
    ]
    const line = await this.#firstLine(program, args)
    const { port } = JSON.parse(line) as { port: number }
    const gate = [...this.#within, process.execPath, '-e', GATE, String(port), this.#gate]
    await this.#firstLine(gate[0] ?? '', gate.slice(1))
  }

  /** What it prints. */
  async zimki(...args: string[]): Promise<string> {
    const [program = '', ...all] = [...this.#within, process.execPath, LAUNCHER, ...args]
    return (await run(program, all, { cwd: this.folder, env: ownEnv() })).stdout
  }

  get(realm: string, path: string, timeoutMs = 30_000): Promise<Answer> {
    const signal = AbortSignal.timeout(timeoutMs)
    const asked = {
      socketPath: this.#gate,
      path: `/u/${realm}${path}`,
      headers: { host: 'localhost' },
      signal,
    }
    return new Promise((resolve, reject) => {
      const sent = request({ ...asked, agent: false }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (text: string) => {
          body += text
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body })).once('error', reject)
      })
      sent.once('error', reject).end()
    })
  }

  /** In order. */
  async down(): Promise<void> {
    for (const child of this.#children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    }
    await rm(this.#gate, { force: true })
  }

  async close(): Promise<void> {
    await this.down()
    await rm(this.folder, { recursive: true, force: true })
  }

  get #gate(): string {
    return join(this.folder, 'gate')
  }

  async #firstLine(program: string, args: readonly string[]): Promise<string> {
    const child = spawn(program, args, {
      cwd: this.folder,
      env: ownEnv(),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#children.push(child)
    const ended = once(child, 'exit').then(([code]) =>
      Promise.reject(new Error(`${program} ended with ${code}`)),
    )
    ended.catch(() => undefined)
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
    return line
  }
}

function ownEnv(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZIMKI_')))
}
