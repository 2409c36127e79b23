/**
 * The same items, until the signal fires: the wait for the next one ends at once, even where the source is slow to notice the
 * signal or does not.
 */
export async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const abort = () => resolve(undefined)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  const items = source[Symbol.asyncIterator]()
  try {
    while (true) {
      const next = items.next()
      // Whoever is no longer waited for may still fail; that is no news.
      next.catch(() => undefined)
      const result = await Promise.race([next, aborted])
      if (result === undefined || result.done) return
      yield result.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    if (!signal.aborted) await items.return?.()
  }
}
