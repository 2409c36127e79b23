import ipaddr from 'ipaddr.js'

/** `public`, or what a refusal says of the address. */
export type AddressClass = 'public' | string

const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3]

/** Names for people; every other range counts as reserved. */
const NAMES: Record<string, string> = {
  loopback: 'loopback',
  private: 'private',
  uniqueLocal: 'private',
  deprecatedSiteLocal: 'private',
  carrierGradeNat: 'carrier-internal',
  linkLocal: 'link-local',
  multicast: 'multicast',
  broadcast: 'broadcast',
  unspecified: 'unspecified',
  ipv4Mapped: 'IPv4-mapped',
  rfc6052: 'translated (NAT64)',
  rfc6145: 'translated (NAT64)',
  '6to4': 'tunnelled',
  teredo: 'tunnelled',
}

/**
 * What kind of address this is. Only what is known to be public is: of IPv6, unicast within 2000::/3; an IPv4 address that
 * is wrapped in IPv6 (mapped, NAT64, 6to4, Teredo) is not, whatever it wraps. Text that is no address is `malformed`.
 */
export function classifyAddress(address: string): AddressClass {
  if (!ipaddr.isValid(address)) return 'malformed'
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (range !== 'unicast') return NAMES[range] ?? 'reserved'
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return 'reserved'
  return 'public'
}
