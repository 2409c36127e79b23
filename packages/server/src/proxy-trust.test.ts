import { describe, expect, it } from '@jest/globals'
import { proxyTrust } from './proxy-trust.ts'

describe('proxyTrust', () => {
  it.each([
    [[], '127.0.0.1', false],
    [['loopback'], '127.0.0.1', true],
    [['loopback'], '127.9.9.9', true],
    [['loopback'], '::1', true],
    [['loopback'], '::ffff:127.0.0.1', true],
    [['loopback'], '10.0.0.1', false],
    [['10.0.0.0/8'], '10.255.0.1', true],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
    [['10.0.0.0/8'], '11.0.0.1', false],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['2001:db8::/32'], '2001:db8:1::5', true],
    [['2001:db8::/32'], '2001:db9::5', false],
    [['0.0.0.0/0'], '2001:db9::5', false],
    [['10.0.0.0/8', 'loopback'], '', false],
    [['10.0.0.0/8'], '10.0.0.1, 10.0.0.2', false],
  ])('with %j believes %s: %s', (proxies, remote, believed) => {
    expect(proxyTrust(proxies)(remote)).toBe(believed)
  })

  it.each([
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'proxy.example',
    '*',
  ])('refuses %j', (proxy) => {
    expect(() => proxyTrust([proxy])).toThrow('is no address of a proxy')
  })
})
