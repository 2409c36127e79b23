import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'
import type { Egress } from '../egress-port.ts'
import type { EgressPolicy } from './egress-policy.ts'
import { exchange } from './exchange.ts'
import type { InFlightCall } from './in-flight.ts'
import { mapAbort, mapCallError } from './map-error.ts'
import type { OutgoingRequest } from './outgoing-request.ts'
import { readBody } from './read-body.ts'
import { followRedirect, locationOf, MAX_REDIRECTS } from './redirect.ts'

type Outgoing = Parameters<Egress['request']>[0]
type Answer = Awaited<ReturnType<Egress['request']>>

export interface CallLimits {
  maxResponseBytes: number
  timeoutMs: number
}

/** One call with its redirects. `run` it once. */
export class Call {
  readonly #policy: EgressPolicy
  readonly #limits: CallLimits
  readonly #held: InFlightCall
  readonly #outgoing: Outgoing
  readonly #signal: AbortSignal
  readonly #sockets: Socket[] = []

  constructor(policy: EgressPolicy, limits: CallLimits, held: InFlightCall, outgoing: Outgoing) {
    this.#policy = policy
    this.#limits = limits
    this.#held = held
    this.#outgoing = outgoing
    const timeout = AbortSignal.timeout(limits.timeoutMs)
    this.#signal = outgoing.signal ? AbortSignal.any([outgoing.signal, timeout]) : timeout
  }

  async run(first: OutgoingRequest): Promise<Answer> {
    let request = first
    try {
      for (let hops = 0; ; hops++) {
        const message = await this.#send(request)
        const location = this.#locationToFollow(message, request, hops)
        if (location === null) return await this.#answer(message, request)
        message.destroy()
        request = followRedirect(request, message.statusCode ?? 0, location)
      }
    } catch (thrown) {
      const error = this.#signal.aborted
        ? mapAbort(this.#outgoing.signal, request.url.host, this.#limits.timeoutMs)
        : mapCallError(thrown, request.url.host)
      Object.assign(error.details, this.#bytes())
      throw error
    } finally {
      for (const socket of this.#sockets) socket.destroy()
    }
  }

  async #send(request: OutgoingRequest): Promise<IncomingMessage> {
    this.#signal.throwIfAborted()
    const addresses = await untilAborted(this.#policy.admit(request.url), this.#signal)
    return exchange(request, addresses, this.#signal, (socket) => this.#sockets.push(socket))
  }

  #locationToFollow(message: IncomingMessage, request: OutgoingRequest, hops: number): string | null {
    if (this.#outgoing.redirect === 'manual') return null
    const location = locationOf(message.statusCode ?? 0, message.rawHeaders)
    if (location === null) return null
    if (this.#outgoing.redirect === 'error')
      throw new PlatformError('UNAVAILABLE', `${request.url.host} redirects, which this call does not allow`)
    if (hops >= MAX_REDIRECTS)
      throw new PlatformError(
        'UNAVAILABLE',
        `more than ${MAX_REDIRECTS} redirects, the last from ${request.url.host}`,
      )
    return location
  }

  async #answer(message: IncomingMessage, request: OutgoingRequest): Promise<Answer> {
    const status = message.statusCode ?? 0
    const isEmpty = request.method === 'HEAD' || status === 204 || status === 304
    if (!isEmpty) this.#checkSize(Number(message.headers['content-length'] ?? 0), request)
    const encoding = isEmpty ? '' : (message.headers['content-encoding'] ?? '')
    const body = await readBody(message, encoding, (bytes) =>
      this.#checkSize(this.#held.hold(bytes), request),
    )
    return {
      status,
      statusText: message.statusMessage ?? '',
      url: request.url.href,
      headers: message.rawHeaders,
      body,
      ...this.#bytes(),
    }
  }

  #checkSize(bytes: number, request: OutgoingRequest): void {
    const { maxResponseBytes } = this.#limits
    if (bytes > maxResponseBytes)
      throw new PlatformError(
        'TOO_LARGE',
        `the answer of ${request.url.host} is larger than ${maxResponseBytes} bytes; ask for less, such as a range of it`,
      )
  }

  /** On the wire, of all hops. */
  #bytes(): { bytesOut: number; bytesIn: number } {
    let bytesOut = 0
    let bytesIn = 0
    for (const socket of this.#sockets) {
      bytesOut += socket.bytesWritten
      bytesIn += socket.bytesRead
    }
    return { bytesOut, bytesIn }
  }
}

/** A lookup cannot be stopped, but it need not be waited for. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
