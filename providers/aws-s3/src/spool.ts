import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tooLong } from '@openzimki/store'

/** What is not longer stays in memory. Small, because any number of slow clients may be sending. */
const IN_MEMORY_BYTES = 256 * 1024

/** Content that has come whole. */
export interface Received {
  digest: string
  size: number
  /** Small enough to be held; else it is in a file. */
  inMemory: boolean
  /** Fills `target` from its byte `at` on, as far as it goes; how many that were. */
  read(target: Uint8Array, at: number): Promise<number>
  close(): Promise<void>
}

/**
 * Takes all of the content in, in bounded memory, before any of it goes to the store: its name is known only then, and a client that
 * sends slowly holds up no upload. TOO_LARGE beyond maxBytes.
 */
export async function receive(
  content: AsyncIterable<Uint8Array>,
  options: { maxBytes: number; folder: string },
): Promise<Received> {
  const hash = createHash('sha256')
  const spool = new Spool(options.folder)
  let size = 0
  try {
    for await (const chunk of content) {
      size += chunk.length
      if (size > options.maxBytes) throw tooLong(options.maxBytes)
      hash.update(chunk)
      await spool.write(chunk)
    }
  } catch (thrown) {
    await spool.close()
    throw thrown
  }
  return {
    digest: hash.digest('hex'),
    size,
    inMemory: size <= IN_MEMORY_BYTES,
    read: spool.read,
    close: spool.close,
  }
}

/** Bytes in memory, or, once they are many, in a file that has no name: whatever ends the process, nothing is left. */
class Spool {
  readonly #folder: string
  #memory = Buffer.alloc(0)
  #bytes = 0
  #file: FileHandle | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (!this.#file && this.#bytes + chunk.length > IN_MEMORY_BYTES) {
      this.#file = await openNameless(this.#folder)
      await this.#file.writeFile(this.#memory.subarray(0, this.#bytes))
      this.#memory = Buffer.alloc(0)
    }
    if (this.#file) await this.#file.writeFile(chunk)
    else this.#keep(chunk)
    this.#bytes += chunk.length
  }

  /** A copy in one buffer: a chunk may be a small part of a large one, and a client may send a byte at a time. */
  #keep(chunk: Uint8Array): void {
    const needed = this.#bytes + chunk.length
    if (needed > this.#memory.length) {
      const larger = Buffer.allocUnsafe(Math.min(IN_MEMORY_BYTES, Math.max(needed, 2 * this.#memory.length)))
      this.#memory.copy(larger, 0, 0, this.#bytes)
      this.#memory = larger
    }
    this.#memory.set(chunk, this.#bytes)
  }

  readonly read = async (target: Uint8Array, at: number): Promise<number> => {
    if (!this.#file) return this.#memory.copy(target, 0, Math.min(at, this.#bytes), this.#bytes)
    let read = 0
    while (read < target.length) {
      const { bytesRead } = await this.#file.read(target, read, target.length - read, at + read)
      if (bytesRead === 0) break
      read += bytesRead
    }
    return read
  }

  readonly close = async (): Promise<void> => {
    this.#memory = Buffer.alloc(0)
    const file = this.#file
    this.#file = null
    await file?.close()
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, randomUUID())
  const file = await open(path, 'wx+', 0o600)
  await rm(path)
  return file
}
