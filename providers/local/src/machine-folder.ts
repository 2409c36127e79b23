import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What was asked for. Never the environment: it may hold secrets. */
export interface MachineRecord {
  size: string
  zone: string
  fingerprint: string
  createdAtMs: number
  /** Identity of the process that launches; while that lives, a machine without a process is still `starting`. */
  launcher: string
  /** Set in the machine's environment, so that a process can be proved ours even if its pid was never written. */
  tag: string
}

export interface ProcessRecord {
  pid: number
  identity: string
}

export interface EndRecord {
  exitCode: number | null
  signal: string | null
}

const RECORD = 'machine.json'
const GONE = '.gone-'
/** The name has the tag, lest a call that a destroy overtook says it of the next machine with that id. */
const factFile = (fact: 'process' | 'stopping' | 'end', tag: string) => `${fact}-${tag}.json`
const CONSOLE = 'console.log'

/**
 * The folder of one machine. Each fact is a file that appears whole (written beside, then renamed) and never changes, so that
 * any number of platform processes, killed at any moment, agree on what is so.
 */
export class MachineFolder {
  readonly id: string
  readonly #parent: string
  readonly path: string

  constructor(parent: string, id: string) {
    this.#parent = parent
    this.id = id
    this.path = join(parent, id)
  }

  /** Ids of the machines in a folder of machines; names with a dot are work in progress. */
  static async ids(parent: string): Promise<string[]> {
    return (await missingAs(readdir(parent), [])).filter((name) => !name.startsWith('.'))
  }

  /** Makes the folder with its record in one step. False: somebody has it already, and nothing was changed. */
  async claim(record: MachineRecord): Promise<boolean> {
    const fresh = join(this.#parent, `.new-${randomUUID()}`)
    await mkdir(fresh, { recursive: true, mode: 0o700 })
    try {
      await writeFile(join(fresh, RECORD), JSON.stringify(record), { mode: 0o600 })
      await rename(fresh, this.path)
      return true
    } catch (thrown) {
      await rm(fresh, { recursive: true, force: true })
      const code = (thrown as NodeJS.ErrnoException).code
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM') {
        if (await this.record()) return false
      }
      throw thrown
    }
  }

  record(): Promise<MachineRecord | null> {
    return this.#read<MachineRecord>(RECORD)
  }

  process(tag: string): Promise<ProcessRecord | null> {
    return this.#read<ProcessRecord>(factFile('process', tag))
  }

  end(tag: string): Promise<EndRecord | null> {
    return this.#read<EndRecord>(factFile('end', tag))
  }

  async isStopping(tag: string): Promise<boolean> {
    return (await missingAs(stat(join(this.path, factFile('stopping', tag))), null)) !== null
  }

  async isOf(tag: string): Promise<boolean> {
    return (await this.record())?.tag === tag
  }

  writeProcess(tag: string, record: ProcessRecord): Promise<void> {
    return this.#write(factFile('process', tag), record)
  }

  writeEnd(tag: string, record: EndRecord): Promise<void> {
    return this.#write(factFile('end', tag), record)
  }

  markStopping(tag: string): Promise<void> {
    return this.#write(factFile('stopping', tag), {})
  }

  openConsole() {
    return open(join(this.path, CONSOLE), 'a', 0o600)
  }

  /** The last bytes of the console, from the start of a character on. */
  async readConsole(maxBytes: number): Promise<string> {
    const file = await missingAs(open(join(this.path, CONSOLE), 'r'), null)
    if (!file) return ''
    try {
      const { size } = await file.stat()
      const start = Math.max(0, size - maxBytes)
      const buffer = Buffer.alloc(Math.min(size, maxBytes))
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
      let from = 0
      while (start > 0 && from < bytesRead && isContinuation(buffer[from] ?? 0)) from += 1
      return buffer.toString('utf8', from, bytesRead)
    } finally {
      await file.close()
    }
  }

  /** Gone in one step for all readers; gives what is gone but not yet erased, also of those that were killed while they removed. */
  async remove(): Promise<MachineFolder[]> {
    await missingAs(rename(this.path, join(this.#parent, `${GONE}${randomUUID()}`)), undefined)
    const names = await missingAs(readdir(this.#parent), [])
    return names.filter((name) => name.startsWith(GONE)).map((name) => new MachineFolder(this.#parent, name))
  }

  erase(): Promise<void> {
    return rm(this.path, { recursive: true, force: true })
  }

  async #read<T>(name: string): Promise<T | null> {
    const text = await missingAs(readFile(join(this.path, name), 'utf8'), null)
    return text === null ? null : (JSON.parse(text) as T)
  }

  /** Nothing, if the machine was removed meanwhile. */
  async #write(name: string, value: unknown): Promise<void> {
    const fresh = join(this.path, `.${name}-${randomUUID()}`)
    await missingAs(writeFile(fresh, JSON.stringify(value), { mode: 0o600 }), undefined)
    await missingAs(rename(fresh, join(this.path, name)), undefined)
  }
}

const isContinuation = (byte: number) => (byte & 0xc0) === 0x80

async function missingAs<T, U>(work: Promise<T>, instead: U): Promise<T | U> {
  try {
    return await work
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return instead
    throw thrown
  }
}
