import { setTimeout as delay } from 'node:timers/promises'

const EVERY_MS = 50

/** What `look` gives as soon as it gives something; an error that names `what` after that time. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | null | false>,
): Promise<T> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > endMs)
      throw new Error(`within ${withinMs / 1_000} s it did not come to be: ${what}`)
    await delay(EVERY_MS)
  }
}
