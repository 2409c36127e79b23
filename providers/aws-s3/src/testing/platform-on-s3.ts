import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const LAUNCHER = fileURLToPath(new URL('../../../../packages/server/bin/zimki.js', import.meta.url))

/** `zimki` as an operator runs it, on a data folder that outlives it. */
export class PlatformOnS3 {
  readonly data: string
  readonly #child: ChildProcess
  readonly url: string

  private constructor(data: string, child: ChildProcess, url: string) {
    this.data = data
    this.#child = child
    this.url = url
  }

  /** Rejects with what it said when it does not start. */
  static async up(data: string, ...flags: string[]): Promise<PlatformOnS3> {
    const args = [LAUNCHER, 'up', '--port', '0', '--data', data, '--json', ...flags]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() })
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000)
    })
    // Not at its exit, since what it said last may be read after that.
    const ended = once(child, 'close').then(([code]) =>
      Promise.reject(new Error(`ended with ${code}: ${said}`)),
    )
    ended.catch(() => undefined)
    const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> })
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
    const { url } = JSON.parse(line) as { url?: string }
    // Else the line tells what is wrong.
    return new PlatformOnS3(data, child, url ?? (await ended))
  }

  /** Another command; what it printed, without its progress. Rejects with all it said unless it succeeds. */
  async zimki(...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [LAUNCHER, ...args], {
      ...{ stdio: ['ignore', 'pipe', 'pipe'], cwd: this.data.replace(/\/\.zimki$/, ''), env: environment() },
    })
    let printed = ''
    let said = ''
    child.stdout?.on('data', (chunk) => (printed += chunk))
    child.stderr?.on('data', (chunk) => (said += chunk))
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(said + printed)
    return printed
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
  }

  /** Of its processes whose command has this word: id and environment. */
  async processes(word: string): Promise<{ pid: number; environment: string }[]> {
    const found: { pid: number; environment: string }[] = []
    for (const name of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
      const [command = '', environ = ''] = await Promise.all(
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
      )
      if (!command.includes(word) || !`${command}${environ}`.includes(this.data)) continue
      found.push({ pid: Number(name), environment: environ })
    }
    return found
  }
}

/** Settings of the person who runs the tests must not lead elsewhere. */
const environment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZIMKI_')))
