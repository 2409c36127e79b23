import { PlatformError } from '@openzimki/core'
import ipaddr from 'ipaddr.js'

/** What the operator lets outbound calls reach although it is not public. */
export interface AllowList {
  /** `host` as in a URL, without brackets. */
  allowsHost(host: string, port: number): boolean
  allowsAddress(address: string): boolean
}

type Cidr = [ipaddr.IPv4 | ipaddr.IPv6, number]

/**
 * Entries: a CIDR (`10.0.0.0/8`, `fd00::/8`), an address, or `host:port` (`db.internal:8080`, `[::1]:80`), which allows that
 * name whatever it resolves to. Errors: INVALID_ARGUMENT naming the entry.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const cidrs: Cidr[] = []
  const hosts = new Set<string>()
  for (const entry of entries.map((text) => text.trim()).filter((text) => text !== '')) {
    const cidr = parseCidr(entry)
    const host = cidr ? null : parseHostPort(entry)
    if (cidr) cidrs.push(cidr)
    else if (host) hosts.add(host)
    else
      throw new PlatformError(
        'INVALID_ARGUMENT',
        `the egress allow list has "${entry}", which is neither a CIDR such as 10.0.0.0/8 nor host:port; mend or remove it`,
        { details: { entry } },
      )
  }
  return {
    allowsHost: (host, port) => hosts.has(`${canonicalHost(host)}:${port}`),
    allowsAddress: (address) => ipaddr.isValid(address) && cidrs.some((cidr) => contains(cidr, address)),
  }
}

function parseCidr(entry: string): Cidr | null {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry)
  if (!ipaddr.IPv6.isValid(entry) && !ipaddr.IPv4.isValidFourPartDecimal(entry)) return null
  const address = ipaddr.parse(entry)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function parseHostPort(entry: string): string | null {
  const [, host = '', port = ''] =
    /^(\[[\da-f:.]+\]|[a-z\d_](?:[a-z\d._-]*[a-z\d_.])?):(\d{1,5})$/i.exec(entry) ?? []
  if (host === '' || Number(port) < 1 || Number(port) > 65_535) return null
  return `${canonicalHost(host.replace(/^\[|\]$/g, ''))}:${Number(port)}`
}

/** A trailing dot means the same name; IPv6 has many spellings. */
function canonicalHost(host: string): string {
  const lower = host.toLowerCase().replace(/\.$/, '')
  return ipaddr.IPv6.isValid(lower) ? ipaddr.IPv6.parse(lower).toNormalizedString() : lower
}

/** An address counts as it is written: an IPv4 address wrapped in IPv6 is not in an IPv4 range. */
function contains([range, bits]: Cidr, address: string): boolean {
  const parsed = ipaddr.parse(address)
  return parsed.kind() === range.kind() && parsed.match(range, bits)
}
