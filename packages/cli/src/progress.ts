import type { CliIo } from './io.ts'

/** Steps that are told as one: their times add up, and where lines stay it is said once. */
export interface Wait {
  passedMs: number
  told: string | null
}

/**
 * Runs a step and, when it lasts longer than `io.progressAfterMs`, says on stderr what is going on: one line that is taken back on a
 * terminal, plain lines elsewhere. A step of several parts names the one that has begun with `tell`.
 */
export async function withProgress<T>(
  io: CliIo,
  label: string,
  step: (tell: (label: string) => void) => Promise<T>,
  wait: Wait = { passedMs: 0, told: null },
): Promise<T> {
  const terminal = io.stderr.isTTY === true
  const startedMs = performance.now() - wait.passedMs
  let current = label
  let shown = false
  const show = () => {
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    if (terminal) io.stderr.write(`\r\u001b[2K${current} ... ${seconds} s`)
    else if (wait.told !== current) io.stderr.write(`${current} ...\n`)
    wait.told = current
    shown = true
  }
  const leftMs = io.progressAfterMs - wait.passedMs
  if (leftMs <= 0) show()
  const first = leftMs > 0 ? setTimeout(show, leftMs) : undefined
  const ticks = terminal ? setInterval(() => shown && show(), 1_000) : undefined
  try {
    return await step((next) => {
      current = next
      if (shown) show()
    })
  } finally {
    clearTimeout(first)
    clearInterval(ticks)
    wait.passedMs = performance.now() - startedMs
    if (shown && terminal) io.stderr.write('\r\u001b[2K')
  }
}
