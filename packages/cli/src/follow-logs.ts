import { setTimeout as pause } from 'node:timers/promises'
import type { Client, LogLine } from '@openzimki/api'
import { ERROR_CODES, PlatformError } from '@openzimki/core'
import type { CliIo } from './io.ts'
import { untilAborted } from './until-aborted.ts'

/**
 * Log lines of a realm as they are written, `tail` older ones first, until `io.signal` fires. A broken connection is made anew and goes
 * on after the last line; what cannot get better by itself is thrown.
 */
export async function* followLogs(
  io: CliIo,
  client: Client,
  realm: string,
  tail: number,
): AsyncGenerator<LogLine> {
  let last: string | undefined
  let told = false
  while (!io.signal.aborted) {
    const from = last === undefined ? { query: { tail } } : { lastEventId: last }
    try {
      const events = await client.logs.follow({ params: { realm }, signal: io.signal, ...from })
      for await (const { id, data } of untilAborted(events, io.signal)) {
        last = id
        told = false
        yield data
      }
    } catch (error) {
      if (io.signal.aborted) return
      if (error instanceof PlatformError && !ERROR_CODES[error.code].retry) throw error
      if (!told) io.stderr.write('The log broke off; trying again ...\n')
      told = true
    }
    await pause(io.reconnectAfterMs, undefined, { signal: io.signal }).catch(() => undefined)
  }
}
