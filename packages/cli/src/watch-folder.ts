import { type FSWatcher, statSync, watch } from 'node:fs'
import { PlatformError } from '@openzimki/core'

/** Names that a realm folder leaves out. */
const LEFT_OUT = /(^|[\\/])(node_modules|\.(?!well-known([\\/]|$))[^\\/]*)([\\/]|$)/

/** Editors write a file in several steps; this long without another change means that they are done. */
const QUIET_MS = 80

/** A watcher goes with a folder that is renamed or deleted, so this often it is looked whether the folder is still the same. */
const CHECK_MS = 500

/**
 * Watches from the moment of the call; yields once after each burst of changes below the folder, and once for all bursts that came while
 * the caller was busy. A folder that goes away, and one that takes its place, count as changes. Ends when `signal` fires; throws
 * UNAVAILABLE when the folder cannot be watched (any more).
 */
export function watchFolder(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  let changed = Promise.withResolvers<void>()
  let quiet: NodeJS.Timeout | undefined
  const watched = new WatchedFolder(folder, {
    changed: () => {
      clearTimeout(quiet)
      quiet = setTimeout(() => {
        // A folder that is back before the next regular look would be watched by nobody.
        watched.lookAgain()
        changed.resolve()
      }, QUIET_MS)
    },
    failed: reject,
  })
  // It may fail while nobody waits; the next wait tells.
  failed.catch(() => undefined)
  signal.addEventListener('abort', () => changed.resolve(), { once: true })
  return bursts()

  async function* bursts(): AsyncGenerator<void> {
    try {
      while (!signal.aborted) {
        await Promise.race([changed.promise, failed])
        if (signal.aborted) return
        changed = Promise.withResolvers()
        yield
      }
    } finally {
      clearTimeout(quiet)
      watched.close()
    }
  }
}

interface Told {
  changed(): void
  failed(error: PlatformError): void
}

/** Watches whatever stands at a path. */
class WatchedFolder {
  readonly #folder: string
  readonly #told: Told
  readonly #check: NodeJS.Timeout
  #identity: string | null
  #watcher: FSWatcher | undefined

  /** Throws UNAVAILABLE when it cannot be watched from the beginning. */
  constructor(folder: string, told: Told) {
    this.#folder = folder
    this.#told = told
    this.#identity = identityOf(folder)
    this.#watcher = this.#start()
    this.#check = setInterval(() => this.lookAgain(), CHECK_MS)
  }

  close(): void {
    clearInterval(this.#check)
    this.#watcher?.close()
  }

  /** Starts anew where another folder, or none, is there now. */
  lookAgain(): void {
    const identity = identityOf(this.#folder)
    if (identity === this.#identity) return
    this.#identity = identity
    this.#watcher?.close()
    try {
      this.#watcher = identity === null ? undefined : this.#start()
      this.#told.changed()
    } catch (error) {
      this.#told.failed(PlatformError.from(error))
    }
  }

  #start(): FSWatcher {
    const told = this.#told
    try {
      const watcher = watch(this.#folder, { recursive: true, ignore: [LEFT_OUT] })
      watcher.on('change', () => told.changed())
      watcher.on('error', (error) => {
        // One that fails because its folder is gone is replaced at the next look.
        if (identityOf(this.#folder) === this.#identity) told.failed(cannotWatch(this.#folder, error))
      })
      return watcher
    } catch (error) {
      throw cannotWatch(this.#folder, error)
    }
  }
}

/** Null when there is nothing. */
function identityOf(folder: string): string | null {
  const info = statSync(folder, { throwIfNoEntry: false })
  return info ? `${info.dev} ${info.ino}` : null
}

function cannotWatch(folder: string, cause: unknown): PlatformError {
  const message = `${folder} cannot be watched: ${(cause as Error).message}. Deploy by hand with "zimki deploy", or raise the system's limit of watches.`
  return new PlatformError('UNAVAILABLE', message, { cause })
}
