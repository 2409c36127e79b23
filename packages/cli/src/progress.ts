import type { CliIo } from './io.ts'

/**
 * Runs a step and, when it lasts longer than `io.progressAfterMs`, says on stderr what is going on: one line that is taken back on a
 * terminal, plain lines elsewhere.
 */
export async function withProgress<T>(io: CliIo, label: string, step: () => Promise<T>): Promise<T> {
  const terminal = io.stderr.isTTY === true
  let shown = false
  const startedMs = performance.now()
  const show = () => {
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    if (terminal) io.stderr.write(`\r\u001b[2K${label} ... ${seconds} s`)
    else if (!shown) io.stderr.write(`${label} ...\n`)
    shown = true
  }
  const first = setTimeout(show, io.progressAfterMs)
  const ticks = terminal ? setInterval(() => shown && show(), 1_000) : undefined
  try {
    return await step()
  } finally {
    clearTimeout(first)
    clearInterval(ticks)
    if (shown && terminal) io.stderr.write('\r\u001b[2K')
  }
}
