import { connect, type Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'
import { parseAddress, socketOptions } from './address.ts'
import type { Link, LinkOptions } from './contract.ts'
import { linkOptions } from './create-link.ts'
import { MuxLink } from './mux-link.ts'

export interface ConnectOptions extends Partial<LinkOptions> {
  /** Set on the link before anything can arrive. */
  onStream?: Link['onStream']
  /** Set on the link once it is there. */
  onClose?: Link['onClose']
  /** Until the peer has introduced itself. Default 5,000. */
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * Connects to `unix:<path>` or `tcp:<host>:<port>` and waits until the peer has introduced itself.
 * Errors: INVALID_ARGUMENT, UNAVAILABLE (nobody listens), PROTOCOL (something else does), TIMEOUT, CANCELLED.
 */
export async function connectLink(address: string, options: ConnectOptions = {}): Promise<Link> {
  const { timeoutMs = 5_000, signal } = options
  const bounds = linkOptions(options)
  const target = socketOptions(parseAddress(address))
  if (signal?.aborted) throw cancelled(address, signal)
  const socket = connect(target)
  const link = new MuxLink(socket, 'client', bounds)
  link.onStream = options.onStream ?? null
  const timer = setTimeout(
    () => link.close(new PlatformError('TIMEOUT', `${address} did not answer in ${timeoutMs} ms`)),
    timeoutMs,
  )
  const abort = (): void => link.close(cancelled(address, signal as AbortSignal))
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await greeting(link, socket, address)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
  return link

  function greeting(link: MuxLink, socket: Socket, address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      link.onHello = () => {
        link.onClose = options.onClose ?? null
        resolve()
      }
      link.onClose = (error) => {
        socket.destroy()
        reject(error ?? new PlatformError('UNAVAILABLE', `${address} closed the connection`))
      }
    })
  }
}

function cancelled(address: string, signal: AbortSignal): PlatformError {
  return new PlatformError('CANCELLED', `connecting to ${address} was given up`, { cause: signal.reason })
}
