import { BlockList, isIP } from 'node:net'
import { PlatformError } from '@openzimki/core'

/**
 * Whom to believe when they say for whom they speak: proxies by address or CIDR, `loopback` for this machine's own. INVALID_ARGUMENT for
 * anything else, because a range that is read wrongly lets clients invent their address.
 */
export function proxyTrust(proxies: readonly string[]): (remoteAddress: string) => boolean {
  const trusted = new BlockList()
  for (const proxy of proxies.flatMap((text) => (text === 'loopback' ? ['127.0.0.0/8', '::1'] : [text])))
    add(trusted, proxy)
  // A proxy sends many requests one after the other.
  let last = { remoteAddress: '', isTrusted: false }
  return (remoteAddress) => {
    if (remoteAddress !== last.remoteAddress) {
      const version = isIP(remoteAddress)
      const isTrusted = version !== 0 && trusted.check(remoteAddress, version === 4 ? 'ipv4' : 'ipv6')
      last = { remoteAddress, isTrusted }
    }
    return last.isTrusted
  }
}

function add(trusted: BlockList, proxy: string): void {
  const [address = '', bits, more] = proxy.split('/')
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN
  if (version === 0 || more !== undefined || !(prefix <= most)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `"${proxy}" is no address of a proxy: write an address, a CIDR such as 10.0.0.0/8, or loopback`,
    )
  }
  trusted.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6')
}
