import { once } from 'node:events'
import { formatErrorEvent, formatEvent, type Route } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Response } from 'express'

/** A comment this often keeps proxies from closing a quiet event stream. */
const HEARTBEAT_MS = 15_000

/** Sends what a handler answered, in the form that the route says. */
export async function sendAnswer(
  response: Response,
  { answer: form }: Route,
  answer: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (form === null) {
    response.status(204).end()
    return
  }
  if (!('kind' in form)) {
    response.json(answer)
    return
  }
  if (form.kind === 'lines') await sendLines(response, answer as AsyncIterable<string>, signal)
  else await sendEvents(response, answer as AsyncIterable<{ id: string; data: unknown }>, signal)
}

async function sendLines(
  response: Response,
  lines: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<void> {
  response.set('content-type', 'application/jsonl; charset=utf-8')
  for await (const line of lines) {
    if (signal.aborted) return
    await write(response, `${line}\n`, signal)
  }
  response.end()
}

async function sendEvents(
  response: Response,
  events: AsyncIterable<{ id: string; data: unknown }>,
  signal: AbortSignal,
): Promise<void> {
  response.set('content-type', 'text/event-stream; charset=utf-8')
  response.flushHeaders()
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  heartbeat.unref()
  try {
    for await (const event of events) {
      if (signal.aborted) return
      await write(response, formatEvent(event), signal)
    }
  } catch (error) {
    // The head is out, so the error has to travel inside the stream.
    response.write(formatErrorEvent(PlatformError.from(error)))
  } finally {
    clearInterval(heartbeat)
    response.end()
  }
}

/** Waits for a slow reader, or until it is gone. */
async function write(response: Response, text: string, signal: AbortSignal): Promise<void> {
  if (response.write(text) || signal.aborted) return
  await once(response, 'drain', { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
