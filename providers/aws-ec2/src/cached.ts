/**
 * A value that is read again when it is older than `maxAgeMs`, once for all who ask meanwhile. A read that failed is not kept.
 */
export function cached<T>(maxAgeMs: number, nowMs: () => number, read: () => Promise<T>): () => Promise<T> {
  let held: { value: Promise<T>; atMs: number } | null = null
  return () => {
    if (held && nowMs() - held.atMs < maxAgeMs) return held.value
    const value = read()
    const mine = { value, atMs: nowMs() }
    held = mine
    value.catch(() => {
      if (held === mine) held = null
    })
    return value
  }
}
