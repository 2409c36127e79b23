import { chmodSync, unlinkSync } from 'node:fs'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { PlatformError } from '@openzimki/core'
import { type Address, formatAddress, parseAddress, socketOptions } from './address.ts'
import type { Link, LinkOptions } from './contract.ts'
import { linkOptions } from './create-link.ts'
import type { Identity } from './identity/identity.ts'
import { MuxLink } from './mux-link.ts'
import { channelBinding, createSocketServer, type OtherProtocols } from './tls-channel.ts'

export interface LinkListener {
  /** With the real port. */
  readonly address: string
  /** Closes the socket and every link that came through it. */
  close(): Promise<void>
}

export interface ListenLinksOptions extends Partial<LinkOptions> {
  /** For `tls:`: who this side is. Its certificate is made of it. */
  identity?: Identity
  /** For `tls:`: what else is taken there. Its sockets end with the listener. */
  others?: OtherProtocols
}

/**
 * Takes links on `unix:<path>`, `tcp:<host>:<port>` or `tls:<host>:<port>` (port 0: any free one). TLS is 1.3 and proves this side to the
 * other; who the other is, it has to say itself, and `channel` (see channelBinding) binds it to this connection. `onLink` sets `onStream` and `onClose` of the
 * link before it returns. A Unix socket is its owner's alone (mode 0600); one that a dead process left behind is replaced.
 * Errors: INVALID_ARGUMENT, ALREADY_EXISTS (somebody listens there), UNAVAILABLE.
 */
export async function listenLinks(
  address: string,
  onLink: (link: Link, channel: string) => void,
  options: ListenLinksOptions = {},
): Promise<LinkListener> {
  const target = parseAddress(address)
  const bounds = linkOptions(options)
  const open = new Set<MuxLink>()
  const onSocket = (socket: Socket): void => {
    const link = new MuxLink(socket, 'server', bounds)
    open.add(link)
    socket.once('close', () => open.delete(link))
    onLink(link, channelBinding(socket))
  }
  const apart = new Set<Socket>()
  const others = tracked(options.others ?? {}, apart)
  const { server, dropPending } = createSocketServer(target, options.identity, onSocket, others)
  await listenOnce(server, target)
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const link of open) link.close()
    for (const socket of apart) socket.destroy()
    dropPending()
    await closed
  }
  if (target.kind === 'unix') return { address, close }
  const { port } = server.address() as AddressInfo
  return { address: formatAddress({ ...target, port }), close }
}

/** The same, but each socket is in `apart` as long as it is open. */
function tracked(others: OtherProtocols, apart: Set<Socket>): OtherProtocols {
  const entries = Object.entries(others).map(([name, take]): [string, typeof take] => [
    name,
    (socket, channel) => {
      apart.add(socket)
      socket.once('close', () => apart.delete(socket))
      take(socket, channel)
    },
  ])
  return Object.fromEntries(entries)
}

async function listenOnce(server: Server, target: Address): Promise<void> {
  try {
    await listen(server, target)
  } catch (thrown) {
    if (target.kind !== 'unix' || !isTaken(thrown) || (await isAlive(target.path)))
      throw refusal(target, thrown)
    unlinkSync(target.path)
    await listen(server, target).catch((again: unknown) => {
      throw refusal(target, again)
    })
  }
  if (target.kind === 'unix') chmodSync(target.path, 0o600)
}

function listen(server: Server, target: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socketOptions(target), () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const isTaken = (thrown: unknown): boolean => (thrown as NodeJS.ErrnoException).code === 'EADDRINUSE'

/** Whether somebody answers on a socket file; nobody does when its process was killed. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path })
    socket.once('connect', () => resolve(true))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'))
    socket.once('connect', () => socket.destroy())
  })
}

function refusal(target: Address, cause: unknown): PlatformError {
  const address = formatAddress(target)
  if (isTaken(cause))
    return new PlatformError('ALREADY_EXISTS', `${address} is taken by another process`, { cause })
  return new PlatformError('UNAVAILABLE', `cannot listen on ${address}: ${(cause as Error).message}`, {
    cause,
  })
}
