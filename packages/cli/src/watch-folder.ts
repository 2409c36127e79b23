import { type FSWatcher, watch } from 'node:fs'
import { PlatformError } from '@openzimki/core'

/** Names that a realm folder leaves out. */
const LEFT_OUT = /(^|[\\/])(node_modules|\.(?!well-known([\\/]|$))[^\\/]*)([\\/]|$)/

/** Editors write a file in several steps; this long without another change means that they are done. */
const QUIET_MS = 80

/**
 * Watches from the moment of the call; yields once after each burst of changes below the folder, and once for all bursts that came while
 * the caller was busy. Ends when `signal` fires; throws
 * UNAVAILABLE when the folder cannot be watched (any more).
 */
export function watchFolder(folder: string, signal: AbortSignal): AsyncGenerator<void> {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  let changed = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const watcher = startWatching(folder)
  watcher.on('change', () => {
    clearTimeout(timer)
    timer = setTimeout(() => changed.resolve(), QUIET_MS)
  })
  watcher.on('error', (error) => reject(cannotWatch(folder, error)))
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
      clearTimeout(timer)
      watcher.close()
    }
  }
}

function startWatching(folder: string): FSWatcher {
  try {
    return watch(folder, { recursive: true, ignore: [LEFT_OUT] })
  } catch (error) {
    throw cannotWatch(folder, error)
  }
}

function cannotWatch(folder: string, cause: unknown): PlatformError {
  const message = `${folder} cannot be watched: ${(cause as Error).message}. Deploy by hand with "zimki deploy", or raise the system's limit of watches.`
  return new PlatformError('UNAVAILABLE', message, { cause })
}
