import { setTimeout as delay } from 'node:timers/promises'

/** Processes that were told to end, or whose work is done, may have to wait for a processor before they are gone. */
export const PROCESSES_WITHIN_MS = 5_000
const LOOK_MS = 500

/** What is found in the end: nothing as soon as there is nothing. */
export async function untilNone(patienceMs: number, look: () => Promise<string[]>): Promise<string[]> {
  const deadlineMs = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found.length === 0 || performance.now() > deadlineMs) return found
    await delay(LOOK_MS)
  }
}
