import type { Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'
import { formatAddress, parseAddress } from '../address.ts'
import type { Identity } from '../identity/identity.ts'
import { channelBinding, openSocket, peerProved } from '../tls-channel.ts'
import { readRelayFrame, writeRelayFrame } from './relay-frame.ts'
import { RELAY_PROTOCOL, type RelayHello, relayTranscript } from './relay-hello.ts'

export interface DialRelayOptions extends RelayHello {
  /** `tls:<host>:<port>`. */
  address: string
  /** Of who must answer there. */
  publicKey: string
  /** Who dials. */
  identity: Identity
  /** Until it is accepted. Default 5,000. */
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * A relay from the platform's door to this side, accepted: bytes flow. Half-open: the end of one direction is not the end of the
 * other. Errors: INVALID_ARGUMENT (no TLS), UNAUTHENTICATED (another key answers, or this side is turned away), UNAVAILABLE, TIMEOUT,
 * PROTOCOL, CANCELLED, LIMIT_EXCEEDED, and whatever else the other side refuses with.
 */
export async function dialRelay(options: DialRelayOptions): Promise<Socket> {
  const { address, publicKey, identity, timeoutMs = 5_000, signal, machine, purpose, ticket } = options
  const target = parseAddress(address)
  if (target.kind !== 'tls') {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${address}: relays are dialled by TLS; write tls:<host>:<port>`,
    )
  }
  if (signal?.aborted) throw cancelled(signal)
  const socket = openSocket(target, publicKey, RELAY_PROTOCOL)
  const given = Promise.withResolvers<never>()
  given.promise.catch(() => undefined)
  const timer = setTimeout(
    () => given.reject(new PlatformError('TIMEOUT', `${address} did not answer in ${timeoutMs} ms`)),
    timeoutMs,
  )
  const abort = (): void => given.reject(cancelled(signal as AbortSignal))
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([given.promise, peerProved(socket, publicKey, formatAddress(target))])
    socket.on('error', () => socket.destroy())
    const hello = { machine, purpose, ticket }
    const proof = identity.sign(relayTranscript(hello, channelBinding(socket)))
    writeRelayFrame(socket, { ...hello, proof })
    requireAccepted(await Promise.race([given.promise, readRelayFrame(socket, timeoutMs)]))
    return socket
  } catch (thrown) {
    socket.destroy()
    throw thrown
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

function requireAccepted(answer: unknown): void {
  const { accepted, error } = (answer ?? {}) as { accepted?: unknown; error?: unknown }
  if (accepted === true) return
  throw PlatformError.fromJSON((error ?? {}) as Record<string, unknown>)
}

const cancelled = (signal: AbortSignal): PlatformError =>
  new PlatformError('CANCELLED', 'dialling was given up', { cause: signal.reason })
