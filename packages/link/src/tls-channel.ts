import {
  connect as connectPlain,
  createServer as createPlainServer,
  type Server,
  type Socket,
} from 'node:net'
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type TLSSocket,
} from 'node:tls'
import { PlatformError } from '@openzimki/core'
import { type Address, formatAddress, socketOptions } from './address.ts'
import { type Identity, publicKeyText } from './identity/identity.ts'
import { selfSignedCertificate } from './identity/self-signed-certificate.ts'

/** RFC 5705 label under which both ends draw the same secret from a connection. */
const BINDING_LABEL = 'EXPORTER-zimki-link'
const BINDING_BYTES = 32
const HANDSHAKE_MS = 5_000
const ALPN = 'zimki-link'
/** Connections that have not shaken hands; more are turned away. Each costs memory and, in the end, a signature. */
const MAX_PENDING = 1_024

/** What else is taken at a door for links: handlers by the name of the protocol (ALPN). Sockets are half-open; `channel`: see channelBinding. */
export type OtherProtocols = Readonly<Record<string, (socket: Socket, channel: string) => void>>

/**
 * Names one TLS connection to both of its ends and to nobody between them; empty where there is no TLS. A signature that
 * covers it is worth nothing on another connection.
 */
export function channelBinding(socket: Socket): string {
  if (!('exportKeyingMaterial' in socket)) return ''
  const secret = (socket as TLSSocket).exportKeyingMaterial(BINDING_BYTES, BINDING_LABEL, Buffer.alloc(0))
  return secret.toString('base64url')
}

/** A socket to the address, not yet connected where it is plain; see `peerProved`. INVALID_ARGUMENT: TLS and nobody to expect. */
export function openSocket(address: Address, publicKey: string | undefined, protocol: string = ALPN): Socket {
  if (address.kind !== 'tls') return connectPlain(socketOptions(address))
  if (publicKey === undefined) {
    const where = formatAddress(address)
    throw new PlatformError('INVALID_ARGUMENT', `${where}: say whose public key is expected there`)
  }
  // No authority vouches for anybody here: the key itself is compared, in peerProved, before a byte is sent.
  const { host, port } = address
  const options = { host, port, minVersion: 'TLSv1.3', rejectUnauthorized: false, ALPNProtocols: [protocol] }
  // Node's types leave out that TLS takes it too.
  return connectTls({ ...options, allowHalfOpen: protocol !== ALPN } as ConnectionOptions)
}

/** Resolves when a TLS peer has proved the key. UNAUTHENTICATED: another one; UNAVAILABLE: it hung up, or speaks no TLS 1.3. */
export function peerProved(socket: Socket, publicKey: string, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: PlatformError): void => {
      socket.destroy()
      reject(error)
    }
    const lost = (cause?: Error): void => {
      const why = cause instanceof Error ? `: ${cause.message}` : ''
      fail(new PlatformError('UNAVAILABLE', `no TLS connection to ${where}${why}`, { cause }))
    }
    socket.once('error', lost)
    socket.once('close', lost)
    socket.once('secureConnect', () => {
      socket.off('error', lost)
      socket.off('close', lost)
      const shown = (socket as TLSSocket).getPeerX509Certificate()?.publicKey
      if (shown && publicKeyText(shown) === publicKey) {
        ;(socket as TLSSocket).setNoDelay(true)
        return resolve()
      }
      // Whoever hangs up now must find somebody to tell.
      socket.on('error', () => undefined)
      fail(
        new PlatformError(
          'UNAUTHENTICATED',
          `who answers at ${where} has another key than the one expected: it is not the platform that this side belongs to`,
        ),
      )
    })
  })
}

/** A server for the address whose `onSocket` gets sockets ready for use, and a way to end those that are not ready yet. */
export function createSocketServer(
  address: Address,
  identity: Identity | undefined,
  onSocket: (socket: Socket) => void,
  others: OtherProtocols = {},
): { server: Server; dropPending: () => void } {
  if (address.kind !== 'tls') {
    return { server: createPlainServer({ noDelay: true }, onSocket), dropPending: () => undefined }
  }
  if (!identity) {
    throw new PlatformError('INVALID_ARGUMENT', `${formatAddress(address)}: TLS needs an identity`)
  }
  // TLS wraps the socket that it took; both have the same peer.
  const pending = new Map<string, Socket>()
  const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
  const server = createTlsServer({
    key: identity.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: selfSignedCertificate(identity),
    minVersion: 'TLSv1.3',
    handshakeTimeout: HANDSHAKE_MS,
    ALPNProtocols: [ALPN, ...Object.keys(others)],
    noDelay: true,
    allowHalfOpen: Object.keys(others).length > 0,
  })
  server.on('connection', (socket: Socket) => {
    if (pending.size >= MAX_PENDING) {
      socket.destroy()
      return
    }
    const peer = peerOf(socket)
    pending.set(peer, socket)
    socket.once('close', () => pending.delete(peer))
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    pending.delete(peerOf(socket))
    const other = typeof socket.alpnProtocol === 'string' ? others[socket.alpnProtocol] : undefined
    if (other) other(socket, channelBinding(socket))
    else onSocket(socket)
  })
  // Who cannot shake hands is disconnected by node; there is nobody to tell.
  server.on('tlsClientError', (_, socket) => socket.destroy())
  const dropPending = (): void => {
    for (const socket of pending.values()) socket.destroy()
  }
  return { server, dropPending }
}
