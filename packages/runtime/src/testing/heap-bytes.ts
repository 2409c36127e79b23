import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MAX_LOOKS = 10
const STILL_BYTES = 20_000

/** What is reachable in this process, once it shrinks no more: some goes only with a turn of the event loop, or by a finalizer. */
export async function heapBytes(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  let bytes = Number.POSITIVE_INFINITY
  for (let look = 0; look < MAX_LOOKS; look++) {
    collect()
    const { heapUsed } = process.memoryUsage()
    if (look > 1 && heapUsed > bytes - STILL_BYTES) return heapUsed
    bytes = heapUsed
    await new Promise((resolve) => setImmediate(resolve))
  }
  return bytes
}
