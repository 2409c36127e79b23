import type { HostDoor } from '../host-door.ts'
import { type AbortSignal, onAbort } from './abort-signal.ts'
import { Body } from './body.ts'
import { exactBuffer } from './bytes.ts'
import { jsonParse, jsonText } from './primordials.ts'
import { type OutgoingRequest, outgoingOf, Request } from './request.ts'
import { fetchedResponse, type Response } from './response.ts'

/** https://fetch.spec.whatwg.org/#fetch-method over the host, which applies the egress policy. Bodies go whole. */
export function createFetch(door: () => HostDoor): (input: unknown, init?: unknown) => Promise<Response> {
  return async function fetch(input, init) {
    const request = outgoingOf(new Request(input, init))
    request.signal?.throwIfAborted()
    const call = send(door, request)
    return request.signal ? abortable(call, request.signal) : call
  }
}

async function send(door: () => HostDoor, request: OutgoingRequest): Promise<Response> {
  const bytes = request.body ? exactBuffer(await request.body.bytes()) : undefined
  const payload =
    `{"method":${jsonText(request.method)},"url":${jsonText(request.url)},` +
    `"headers":${headersText(request.headers)},"redirect":${jsonText(request.redirect)}}`
  try {
    const answer = await door().call('remote.fetch', payload, bytes)
    return toResponse(request, answer.payload, answer.bytes)
  } catch (error) {
    const { message } = error as { message?: unknown }
    throw new TypeError(`fetch failed: ${String(message)}`, { cause: error })
  }
}

function toResponse(request: OutgoingRequest, payload: string, bytes: ArrayBuffer | null): Response {
  const head = jsonParse(payload) as { status: number; statusText: string; url: string; headers: string[] }
  return fetchedResponse({
    status: head.status,
    statusText: head.statusText ?? '',
    url: head.url,
    redirected: head.url !== request.url.replace(/#.*$/s, ''),
    headers: lowerNames(head.headers),
    body: new Body(new Uint8Array(bytes ?? new ArrayBuffer(0))),
  })
}

const lowerNames = (headers: string[]): string[] =>
  headers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text))

/** A flat list of headers as JSON text. */
export function headersText(headers: string[]): string {
  let text = '['
  for (let at = 0; at < headers.length; at++) text += (at > 0 ? ',' : '') + jsonText(headers[at]!)
  return `${text}]`
}

function abortable<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(signal.reason))
    call.then(resolve, reject).finally(forget)
  })
}
