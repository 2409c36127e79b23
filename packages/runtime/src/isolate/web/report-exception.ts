/**
 * What the web does with an exception nobody caught: tells the global `reportError`, which writes it to the realm's log.
 * The program may have replaced it with one of its own, even a broken one.
 */
export function reportException(error: unknown): void {
  const { reportError } = globalThis as { reportError?: (error: unknown) => void }
  if (typeof reportError !== 'function') return
  try {
    reportError(error)
  } catch {
    // A reporter that fails has nobody left to tell; the event that is being delivered matters more.
    return
  }
}
