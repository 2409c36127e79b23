import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { UsageWindow } from '@openzimki/core'
import { parseUsageWindow } from '@openzimki/meter'
import { processIdentity } from '@openzimki/provider'

const SUFFIX = '.usage.jsonl'

export interface SpoolOptions {
  dir: string
  /** Bytes of windows beyond which nothing more is taken. */
  maxBytes: number
}

/**
 * Usage windows that control has not taken yet, on disk. One file an agent, named after its process, so that the next
 * agent in the same folder ships what a killed one left, and never takes the file of one that still runs.
 */
export class UsageSpool {
  readonly #options: SpoolOptions
  readonly #path: string
  #bytes = 0

  private constructor(options: SpoolOptions, identity: string) {
    this.#options = options
    this.#path = join(options.dir, `${encodeURIComponent(identity)}${SUFFIX}`)
  }

  static async open(options: SpoolOptions): Promise<UsageSpool> {
    await mkdir(options.dir, { recursive: true, mode: 0o700 })
    return new UsageSpool(options, (await processIdentity(process.pid)) ?? `${process.pid}@unknown`)
  }

  /** On disk before it resolves. False: the spool is full, and nothing was kept. */
  async append(windows: readonly UsageWindow[]): Promise<boolean> {
    const text = windows.map((window) => `${JSON.stringify(window)}\n`).join('')
    if (this.#bytes + Buffer.byteLength(text) > this.#options.maxBytes) return false
    const file = await open(this.#path, 'a', 0o600)
    try {
      await file.appendFile(text)
      await file.datasync()
    } finally {
      await file.close()
    }
    this.#bytes += Buffer.byteLength(text)
    return true
  }

  /** Files to ship: its own and those of agents that are no more, oldest name first. */
  async files(): Promise<string[]> {
    const names = (await readdir(this.#options.dir)).filter((name) => name.endsWith(SUFFIX))
    const paths = await Promise.all(names.map((name) => this.#shippable(name)))
    return paths.filter((path) => path !== null)
  }

  /** Its windows in order. A line that was cut short by a crash was never acknowledged to anyone and is left out. */
  async read(path: string): Promise<UsageWindow[]> {
    const lines = (await readFile(path, 'utf8')).split('\n')
    return lines.flatMap((line) => parseLine(line))
  }

  /** After all of it was shipped. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true })
    if (path === this.#path) this.#bytes = 0
  }

  async #shippable(name: string): Promise<string | null> {
    const path = join(this.#options.dir, name)
    if (path === this.#path) return path
    const identity = decodeURIComponent(name.slice(0, -SUFFIX.length))
    const alive = (await processIdentity(Number.parseInt(identity, 10))) === identity
    return alive ? null : path
  }
}

function parseLine(line: string): UsageWindow[] {
  if (line === '') return []
  try {
    return [parseUsageWindow(JSON.parse(line))]
  } catch {
    return []
  }
}
