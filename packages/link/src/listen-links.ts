import { type AddressInfo, createServer, type Server } from 'node:net'
import { PlatformError } from '@openzimki/core'
import { formatAddress, parseAddress, socketOptions } from './address.ts'
import type { Link, LinkOptions } from './contract.ts'
import { linkOptions } from './create-link.ts'
import { MuxLink } from './mux-link.ts'

export interface LinkListener {
  /** With the real port. */
  readonly address: string
  /** Closes the socket and every link that came through it. */
  close(): Promise<void>
}

/**
 * Takes links on `unix:<path>` or `tcp:<host>:<port>` (port 0: any free one). `onLink` sets `onStream` and `onClose` of the
 * link before it returns. Errors: INVALID_ARGUMENT, ALREADY_EXISTS (the address is taken), UNAVAILABLE.
 */
export async function listenLinks(
  address: string,
  onLink: (link: Link) => void,
  options: Partial<LinkOptions> = {},
): Promise<LinkListener> {
  const target = parseAddress(address)
  const bounds = linkOptions(options)
  const open = new Map<MuxLink, () => void>()
  const server = createServer({ noDelay: true, highWaterMark: 64 * 1024 }, (socket) => {
    const link = new MuxLink(socket, 'server', bounds)
    open.set(link, () => socket.destroy())
    socket.once('close', () => open.delete(link))
    onLink(link)
  })
  await listening(server, address)
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const link of open.keys()) link.close()
    await closed
  }
  if (target.kind === 'unix') return { address, close }
  const { port } = server.address() as AddressInfo
  return { address: formatAddress({ ...target, port }), close }
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE'
      const why = taken ? `${address} is taken already` : `cannot listen on ${address}: ${cause.message}`
      reject(new PlatformError(taken ? 'ALREADY_EXISTS' : 'UNAVAILABLE', why, { cause }))
    })
    server.listen(socketOptions(parseAddress(address)), resolve)
  })
}
