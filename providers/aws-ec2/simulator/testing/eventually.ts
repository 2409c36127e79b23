import { setTimeout as delay } from 'node:timers/promises'

const WITHIN_MS = 25_000

/** What `look` gives as soon as it gives something. */
export async function eventually<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  const untilMs = performance.now() + WITHIN_MS
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > untilMs) throw new Error(`it did not come to be: ${look}`)
    await delay(50)
  }
}
