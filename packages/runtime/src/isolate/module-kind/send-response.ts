import type { HostDoor } from '../host-door.ts'
import { toChunk } from '../web/body.ts'
import { exactBuffer } from '../web/bytes.ts'
import { headersText } from '../web/fetch.ts'
import type { ReadableCore } from '../web/streams/readable-core.ts'
import { readOnce } from '../web/streams/readable-reader.ts'
import { readableCoreOf } from '../web/streams/readable-slot.ts'
import type { ReadableStream } from '../web/streams/readable-stream.ts'

export interface Head {
  /** Number of the request. */
  request: number
  status: number
  headers: string[]
}

/** Sends a response whose body is known, in one message. A text crosses as it is: the host encodes it faster. */
export function sendWhole(door: HostDoor, head: Head, body: string | Uint8Array<ArrayBuffer> | null): void {
  const bytes = body === null ? undefined : typeof body === 'string' ? body : exactBuffer(body)
  door.post('answer', answerText(head), bytes)
}

export interface Sending {
  /** Settles when all is sent or given up; rejects with the error of the program's stream. */
  done: Promise<void>
  /** Gives up: cancels the program's stream. */
  stop(reason: unknown): void
}

/**
 * Sends the head and then the chunks of a stream, each when the host has room for it. `headOnly`: the client asked for the
 * head alone, so the stream is cancelled unread.
 */
export function sendBody(door: HostDoor, head: Head, stream: ReadableStream, headOnly: boolean): Sending {
  const core = readableCoreOf(stream)!
  if (headOnly) {
    door.post('answer', answerText(head))
    return { done: core.cancel(undefined), stop: () => undefined }
  }
  core.lock()
  door.post('respond', streamingText(head))
  let isStopped = false
  const stop = (reason: unknown): void => {
    if (isStopped) return
    isStopped = true
    core.cancel(reason).catch(() => undefined)
  }
  return { done: pump(door, head.request, core, () => isStopped, stop), stop }
}

async function pump(
  door: HostDoor,
  request: number,
  core: ReadableCore,
  isStopped: () => boolean,
  stop: (reason: unknown) => void,
): Promise<void> {
  const payload = `{"request":${request}}`
  for (;;) {
    const { done, value } = await readOnce(core)
    if (isStopped()) return
    if (done) break
    const chunk = checkedChunk(value, stop)
    if (chunk.length === 0) continue
    try {
      await door.call('respond.chunk', payload, exactBuffer(chunk))
    } catch (error) {
      // The client is gone; the program learns it from its stream being cancelled, and there is nobody left to tell.
      return stop(error)
    }
  }
  door.post('respond.end', payload)
}

function checkedChunk(value: unknown, stop: (reason: unknown) => void): Uint8Array<ArrayBuffer> {
  try {
    return toChunk(value)
  } catch (error) {
    stop(error)
    throw error
  }
}

const answerText = ({ request, status, headers }: Head): string =>
  `${request}{"status":${status},"headers":${headersText(headers)}}`

const streamingText = ({ request, status, headers }: Head): string =>
  `{"request":${request},"status":${status},"headers":${headersText(headers)},"streaming":true}`
