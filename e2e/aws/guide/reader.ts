import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface ReaderOptions {
  /** The OpenZimki folder. */
  folder: string
  env: Record<string, string>
  /** What stands in the guide, and what this reader has in its place. */
  instead: [RegExp, string][]
  say(line: string): void
}

const PATIENCE_MS = 240_000
/** A command that goes on until it is ended. */
const SERVES = /^npx zimki up /
const VARIABLE = /^([A-Z]+)=/

/** Somebody who types what the guide says, line by line, into one shell. */
export class Reader {
  readonly #options: ReaderOptions
  /** Variables of the shell, as the guide set them. */
  readonly #set: string[] = []
  #serving: ChildProcess | null = null

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  get isServing(): boolean {
    return this.#serving !== null
  }

  /** What a block printed. Rejects where a line of it fails. */
  async type(block: string): Promise<string> {
    let said = ''
    for (const line of joined(block)) {
      const own = this.#options.instead.reduce((text, [what, by]) => text.replaceAll(what, by), line)
      this.#options.say(`$ ${line}${own === line ? '' : `\n  as: ${own}`}`)
      if (SERVES.test(line)) this.#serving = this.#spawn(own)
      else if (VARIABLE.test(line)) await this.#assign(own)
      else said += await this.#run(own)
    }
    return said
  }

  /** As a shell has it: once, and not whenever it is used. */
  async #assign(line: string): Promise<void> {
    const [, name = ''] = VARIABLE.exec(line) ?? []
    const value = await this.#run(`${line}\nprintf %s "$${name}"`)
    if (value === '') throw new Error(`"${line}" gives nothing`)
    this.#set.push(`${name}='${value}'`)
  }

  /** Ctrl-C. */
  async endServing(): Promise<void> {
    const child = this.#serving
    this.#serving = null
    if (!child || child.exitCode !== null) return
    process.kill(-(child.pid ?? 0), 'SIGINT')
    await once(child, 'close')
  }

  #spawn(line: string): ChildProcess {
    const { folder, env } = this.#options
    const child = spawn('bash', ['-ec', [...this.#set, AWS_CLI, line].join('\n')], {
      ...{ cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { ...process.env, ...env },
    })
    // Of a platform nobody listens otherwise.
    child.stdout?.resume()
    child.stderr?.pipe(process.stderr)
    return child
  }

  async #run(line: string): Promise<string> {
    const child = this.#spawn(line)
    let said = ''
    child.stdout?.on('data', (chunk) => (said += chunk))
    const late = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), PATIENCE_MS)
    const [code] = await once(child, 'close')
    clearTimeout(late)
    if (code !== 0) throw new Error(`"${line}" ended with ${code}: ${said}`)
    return said
  }
}

/** AWS CLI before 2.13 reads no endpoint from its environment. */
const AWS_CLI =
  'aws() { if [ "$1" = ec2 ]; then url=$AWS_ENDPOINT_URL_EC2; else url=$AWS_ENDPOINT_URL_S3; fi; command aws --endpoint-url "$url" "$@"; }'

/** Lines, with those that go on in the next one. */
const joined = (block: string): string[] =>
  block
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
