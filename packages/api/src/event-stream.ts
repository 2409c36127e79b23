import { PlatformError } from '@openzimki/core'
import type { z } from 'zod'
import { readLines } from './lines.ts'

/** One Server-Sent Event as text. `data` becomes one line of JSON. */
export const formatEvent = (event: { id: string; data: unknown }): string =>
  `id: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`

/** An error inside a stream whose head is out already. */
export const formatErrorEvent = (error: PlatformError): string =>
  `event: error\ndata: ${JSON.stringify(error.toJSON())}\n\n`

/**
 * Events of a text/event-stream. Comments are passed over; an `error` event is thrown as PlatformError; data that does not
 * fit the schema is PROTOCOL.
 */
export async function* readEvents<T extends z.ZodType>(
  body: AsyncIterable<Uint8Array>,
  schema: T,
): AsyncGenerator<{ id: string; data: z.output<T> }> {
  let fields: Record<string, string> = {}
  for await (const line of readLines(body)) {
    if (line !== '') {
      const colon = line.indexOf(':')
      if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, '')
      continue
    }
    const { id = '', event, data } = fields
    fields = {}
    if (data === undefined) continue
    if (event === 'error') throw PlatformError.fromJSON(parse(data) as { code?: unknown })
    const parsed = schema.safeParse(parse(data))
    if (!parsed.success) throw new PlatformError('PROTOCOL', 'The event stream has an event of unknown form')
    yield { id, data: parsed.data }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new PlatformError('PROTOCOL', 'The event stream has data that is not JSON', { cause })
  }
}
