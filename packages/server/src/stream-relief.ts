const EVERY_BYTES = 8_000_000

/**
 * To be told of bytes that stream through. Each piece is a buffer of its own, and the engine lets such garbage grow by 64 MB and more before it looks; asked
 * in between, it holds a few. Does nothing in a process without --expose-gc.
 */
export function streamRelief(): (bytes: number) => void {
  const collect = globalThis.gc
  if (!collect) return () => undefined
  let since = 0
  return (bytes) => {
    since += bytes
    if (since < EVERY_BYTES) return
    since = 0
    collect({ type: 'minor' })
  }
}
