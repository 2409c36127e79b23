import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { processIdentity } from '@openzimki/provider'
import { parseLines } from './spool-lines.ts'

export interface SpoolOptions<T> {
  dir: string
  /** Ends the names of its files, so that several kinds share a folder. */
  suffix: string
  /** Bytes beyond which nothing more is taken. */
  maxBytes: number
  /** Through a power cut; otherwise what was written survives the end of the process only. */
  sync: boolean
  /** Throws for what it is not. */
  parse(value: unknown): T
}

/**
 * What control has not taken yet, on disk. One file an agent, named after its process, so that the next agent in the same folder
 * ships what a killed one left, and never takes the file of one that still runs.
 */
export class DiskSpool<T> {
  readonly #options: SpoolOptions<T>
  readonly #path: string
  #bytes = 0

  private constructor(options: SpoolOptions<T>, identity: string) {
    this.#options = options
    this.#path = join(options.dir, `${encodeURIComponent(identity)}${options.suffix}`)
  }

  static async open<T>(options: SpoolOptions<T>): Promise<DiskSpool<T>> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 })
    return new DiskSpool(options, (await processIdentity(process.pid)) ?? `${process.pid}@unknown`)
  }

  /** Written before it resolves. False: the spool is full, and nothing was kept. */
  async append(items: readonly T[]): Promise<boolean> {
    const text = items.map((item) => `${JSON.stringify(item)}\n`).join('')
    if (this.#bytes + Buffer.byteLength(text) > this.#options.maxBytes) return false
    const file = await open(this.#path, 'a', 0o600)
    try {
      await file.appendFile(text)
      if (this.#options.sync) await file.datasync()
    } finally {
      await file.close()
    }
    this.#bytes += Buffer.byteLength(text)
    return true
  }

  /** Files to ship: its own and those of agents that are no more, oldest name first. */
  async files(): Promise<string[]> {
    const names = (await readdir(this.#options.dir)).filter((name) => name.endsWith(this.#options.suffix))
    const paths = await Promise.all(names.map((name) => this.#shippable(name)))
    return paths.filter((path) => path !== null)
  }

  /** What is in it, in order. */
  async read(path: string): Promise<T[]> {
    return parseLines(await readFile(path, 'utf8'), this.#options.parse)
  }

  /** After all of it was shipped. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true })
    if (path === this.#path) this.#bytes = 0
  }

  async #shippable(name: string): Promise<string | null> {
    const path = join(this.#options.dir, name)
    if (path === this.#path) return path
    const identity = decodeURIComponent(name.slice(0, -this.#options.suffix.length))
    const alive = (await processIdentity(Number.parseInt(identity, 10))) === identity
    return alive ? null : path
  }
}
