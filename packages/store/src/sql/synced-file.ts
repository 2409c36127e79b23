import { type FileHandle, open } from 'node:fs/promises'

/**
 * A file of SQLite's that is synced from outside it, on a thread of the system's pool, while SQLite goes on. To be closed after SQLite has closed: a
 * process that closes any descriptor of a database file loses its locks on it.
 */
export class SyncedFile {
  readonly #path: string
  #file: Promise<FileHandle> | null = null

  constructor(path: string) {
    this.#path = path
  }

  /** Resolves when everything that was written to the file before the call is on disk. The file must be there. */
  async sync(): Promise<void> {
    this.#file ??= open(this.#path, 'r+')
    await (await this.#file).datasync()
  }

  async close(): Promise<void> {
    await (await this.#file)?.close()
  }
}
