import { describe, expect, it } from '@jest/globals'
import { classifyAddress } from './address-class.ts'
import { parseAllowList } from './allow-list.ts'

describe('classifyAddress', () => {
  it.each(['8.8.8.8', '1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '2a00:1450::1'])(
    '%s is public',
    (address) => {
      expect(classifyAddress(address)).toBe('public')
    },
  )

  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'link-local'],
    ['100.64.0.1', 'carrier-internal'],
    ['192.0.0.1', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['203.0.113.1', 'reserved'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'IPv4-mapped'],
    ['::ffff:8.8.8.8', 'IPv4-mapped'],
    ['::127.0.0.1', 'IPv4-mapped'],
    ['::7f00:1', 'reserved'],
    ['64:ff9b::7f00:1', 'translated (NAT64)'],
    ['64:ff9b:1::a00:1', 'translated (NAT64)'],
    ['2002:7f00:1::', 'tunnelled'],
    ['2001::1', 'tunnelled'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['fec0::1', 'private'],
    ['fc00::1', 'private'],
    ['fd00:ec2::254', 'private'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'reserved'],
    ['100::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['', 'malformed'],
    ['localhost', 'malformed'],
    ['1.2.3.4.5', 'malformed'],
  ])('%s is %s', (address, expected) => {
    expect(classifyAddress(address)).toBe(expected)
  })
})

describe('the allow list', () => {
  const list = parseAllowList([
    '10.0.0.0/8',
    ' 192.168.1.7 ',
    'fd00::/8',
    '::1',
    'Db.Internal:8080',
    '[fe80::1]:80',
    '',
  ])

  it('allows the addresses of its ranges and no others', () => {
    expect(
      ['10.255.0.1', '192.168.1.7', 'fd12::1', '::1'].every((address) => list.allowsAddress(address)),
    ).toBe(true)
    expect(
      ['11.0.0.1', '192.168.1.8', 'fe80::1', '::ffff:10.0.0.1', '::2', 'x', ''].some((address) =>
        list.allowsAddress(address),
      ),
    ).toBe(false)
  })

  it('allows host and port together', () => {
    expect(list.allowsHost('db.internal', 8080)).toBe(true)
    expect(list.allowsHost('DB.internal.', 8080)).toBe(true)
    expect(list.allowsHost('fe80:0::1', 80)).toBe(true)
    expect(list.allowsHost('db.internal', 80)).toBe(false)
    expect(list.allowsHost('x.db.internal', 8080)).toBe(false)
  })

  it.each([
    '10.0.0.0/33',
    'host',
    'host:0',
    'host:65536',
    'host:http',
    '*',
    'http://a:80',
    'a b:80',
    '10.0.0.256',
    '::1:80/',
    '010.0.0.1',
  ])('refuses the entry %j when it is made', (entry) => {
    expect(() => parseAllowList([entry])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', details: { entry } }),
    )
  })
})
