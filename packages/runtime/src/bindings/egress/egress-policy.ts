import { isIP } from 'node:net'
import { PlatformError } from '@openzimki/core'
import { classifyAddress } from './address-class.ts'
import { parseAllowList } from './allow-list.ts'
import { REFUSED_PORTS } from './refused-ports.ts'

/** Answers the addresses of a name; rejects when there are none. */
export type Resolve = (host: string) => Promise<string[]>

export interface EgressPolicy {
  /**
   * The addresses that a call to this URL may connect to, in the resolver's order; at least one. The caller must connect to
   * one of them and to nothing else. Errors: PERMISSION_DENIED, UNAVAILABLE when the name has no address.
   */
  admit(url: URL): Promise<string[]>
}

export interface PolicyOptions {
  allow: readonly string[]
  /** Addresses of the platform itself, refused although they are public. */
  own: readonly string[]
  resolve: Resolve
}

export function createPolicy({ allow, own, resolve }: PolicyOptions): EgressPolicy {
  const list = parseAllowList(allow)
  const refusalOf = (address: string): string | null => {
    if (list.allowsAddress(address)) return null
    const kind = classifyAddress(address)
    if (kind !== 'public') return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind} address`
    return own.includes(address) ? "an address of the platform's own" : null
  }
  return {
    async admit(url) {
      const host = url.hostname.replace(/^\[|\]$/g, '')
      const port = portOf(url)
      if (list.allowsHost(host, port)) return addressesOf(host, resolve)
      if (REFUSED_PORTS.has(port)) throw refused(url, `port ${port} does not serve HTTP`, `${host}:${port}`)
      const addresses = await addressesOf(host, resolve)
      const admitted = addresses.filter((address) => refusalOf(address) === null)
      const [first = ''] = addresses
      if (admitted.length === 0) throw refused(url, `it has ${refusalOf(first)}`, hint(host, port))
      return admitted
    },
  }
}

async function addressesOf(host: string, resolve: Resolve): Promise<string[]> {
  const addresses = isIP(host) ? [host] : await resolve(host)
  if (addresses.length === 0)
    throw new PlatformError('UNAVAILABLE', `no address was found for ${host}; is the name right?`)
  return addresses
}

export const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80))

const hint = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Says the kind of address but not the address, which a name of the operator's network should not reveal. */
function refused(url: URL, why: string, entry: string): PlatformError {
  return new PlatformError(
    'PERMISSION_DENIED',
    `outbound call to ${url.host} refused: ${why}; the operator can allow it with --allow-egress ${entry}`,
    { details: { host: url.host } },
  )
}
