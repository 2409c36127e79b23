import type { ListenOptions, TcpNetConnectOpts } from 'node:net'
import { PlatformError } from '@openzimki/core'

/** Where a link connects or listens. */
export type Address = { kind: 'unix'; path: string } | { kind: 'tcp'; host: string; port: number }

/** `unix:<path>` or `tcp:<host>:<port>`, IPv6 hosts in brackets. INVALID_ARGUMENT for anything else. */
export function parseAddress(text: string): Address {
  if (text.startsWith('unix:') && text.length > 5) return { kind: 'unix', path: text.slice(5) }
  const tcp = /^tcp:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(tcp?.[3])
  const host = tcp?.[1] ?? tcp?.[2]
  if (host !== undefined && port <= 65_535) return { kind: 'tcp', host, port }
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `"${text}" is no address of a link: write unix:<path> or tcp:<host>:<port>`,
  )
}

/** The inverse of parseAddress. */
export function formatAddress(address: Address): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `tcp:${host}:${address.port}`
}

/** The address in node's words. */
export function socketOptions(address: Address): { path: string } | (TcpNetConnectOpts & ListenOptions) {
  if (address.kind === 'unix') return { path: address.path }
  return { host: address.host, port: address.port, noDelay: true }
}
