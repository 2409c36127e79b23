import type { ListenOptions, TcpNetConnectOpts } from 'node:net'
import { PlatformError } from '@openzimki/core'

/** Where a link connects or listens. */
export type Address = { kind: 'unix'; path: string } | { kind: 'tcp' | 'tls'; host: string; port: number }

/** `unix:<path>`, `tcp:<host>:<port>` or `tls:<host>:<port>`, IPv6 hosts in brackets. INVALID_ARGUMENT for anything else. */
export function parseAddress(text: string): Address {
  if (text.startsWith('unix:') && text.length > 5) return { kind: 'unix', path: text.slice(5) }
  const net = /^(tcp|tls):(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(net?.[4])
  const host = net?.[2] ?? net?.[3]
  if (host !== undefined && port <= 65_535) return { kind: net?.[1] === 'tls' ? 'tls' : 'tcp', host, port }
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `"${text}" is no address of a link: write unix:<path>, tcp:<host>:<port> or tls:<host>:<port>`,
  )
}

/** The inverse of parseAddress. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${address.kind}:${host}:${address.port}`
}

/** Whether nobody on a network can read along or answer instead: a Unix socket, the machine itself, or TLS. */
export function isPrivate(address: Address): boolean {
  if (address.kind !== 'tcp') return true
  return address.host === 'localhost' || address.host === '::1' || /^127(\.\d{1,3}){3}$/.test(address.host)
}

/** The address in node's words. */
export function socketOptions(address: Address): { path: string } | (TcpNetConnectOpts & ListenOptions) {
  if (address.kind === 'unix') return { path: address.path }
  return { host: address.host, port: address.port, noDelay: true }
}
