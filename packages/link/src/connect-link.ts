import type { Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'
import { parseAddress } from './address.ts'
import type { Link, LinkOptions } from './contract.ts'
import { linkOptions } from './create-link.ts'
import { MuxLink } from './mux-link.ts'
import { channelBinding, openSocket, peerProved } from './tls-channel.ts'

export interface ConnectOptions extends Partial<LinkOptions> {
  /** Set on the link before anything can arrive. */
  onStream?: Link['onStream']
  /** Set on the link once it is there. */
  onClose?: Link['onClose']
  /** Until the peer has introduced itself. Default 5,000. */
  timeoutMs?: number
  signal?: AbortSignal
  /** For `tls:`: the public key (Identity) of who must answer; nothing is sent to anybody else. */
  publicKey?: string
  /** Told before the promise resolves: names this very connection to both ends (see channelBinding); empty without TLS. */
  onChannel?: (binding: string) => void
}

/**
 * Connects to `unix:<path>`, `tcp:<host>:<port>` or `tls:<host>:<port>` and waits until the peer has introduced itself.
 * Errors: INVALID_ARGUMENT, UNAVAILABLE (nobody listens), UNAUTHENTICATED (TLS with another key), PROTOCOL (something else
 * answers), TIMEOUT, CANCELLED.
 */
export async function connectLink(address: string, options: ConnectOptions = {}): Promise<Link> {
  const { signal } = options
  linkOptions(options)
  const target = parseAddress(address)
  if (signal?.aborted) throw cancelled(address, signal)
  const socket = openSocket(target, options.publicKey)
  if (target.kind !== 'tls') return linkOver(socket, address, options)
  return greet(socket, address, options, () => peerProved(socket, options.publicKey ?? '', address))
}

/**
 * The same over a socket that leads to the peer already; `where` is for messages. The socket is destroyed when it fails. Errors: PROTOCOL,
 * UNAVAILABLE, TIMEOUT, CANCELLED.
 */
export function linkOver(socket: Socket, where: string, options: ConnectOptions = {}): Promise<Link> {
  return greet(socket, where, options, null)
}

async function greet(
  socket: Socket,
  address: string,
  options: ConnectOptions,
  proved: (() => Promise<void>) | null,
): Promise<Link> {
  const { timeoutMs = 5_000, signal } = options
  const bounds = linkOptions(options)
  const attempt = new Attempt(socket)
  const timer = setTimeout(
    () => attempt.giveUp(new PlatformError('TIMEOUT', `${address} did not answer in ${timeoutMs} ms`)),
    timeoutMs,
  )
  const abort = (): void => attempt.giveUp(cancelled(address, signal as AbortSignal))
  signal?.addEventListener('abort', abort, { once: true })
  try {
    // Where there is nothing to wait for, somebody must hear the socket's errors from this very turn on.
    if (proved) await attempt.orGivenUp(proved())
    const link = new MuxLink(socket, 'client', bounds)
    attempt.link = link
    link.onStream = options.onStream ?? null
    await greeting(link, socket, address, options)
    return link
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** A connection under way, which may be given up at any stage. */
class Attempt {
  link: MuxLink | null = null
  readonly #socket: Socket
  readonly #given = Promise.withResolvers<never>()

  constructor(socket: Socket) {
    this.#socket = socket
    this.#given.promise.catch(() => undefined)
  }

  giveUp(error: PlatformError): void {
    this.#given.reject(error)
    if (this.link) this.link.close(error)
    else this.#socket.destroy()
  }

  orGivenUp(stage: Promise<void>): Promise<void> {
    return Promise.race([this.#given.promise, stage])
  }
}

function greeting(link: MuxLink, socket: Socket, address: string, options: ConnectOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    link.onHello = () => {
      link.onClose = options.onClose ?? null
      options.onChannel?.(channelBinding(socket))
      resolve()
    }
    link.onClose = (error) => {
      socket.destroy()
      reject(error ?? new PlatformError('UNAVAILABLE', `${address} closed the connection`))
    }
  })
}

function cancelled(address: string, signal: AbortSignal): PlatformError {
  return new PlatformError('CANCELLED', `connecting to ${address} was given up`, { cause: signal.reason })
}
