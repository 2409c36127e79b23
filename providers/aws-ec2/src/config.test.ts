import { describe, expect, it } from '@jest/globals'
import { checkConfig } from './config.ts'

const GOOD = { region: 'eu-central-1', sizes: { small: { types: ['t4g.small'] } }, command: ['/bin/true'] }

describe('the configuration', () => {
  it('lets nobody but the platform say whose machines they are', () => {
    expect(checkConfig({ ...GOOD, owner: 'another' }, 'me').owner).toBe('me')
  })

  it.each<[string, object]>([
    ['region', { region: 'Frankfurt' }],
    ['sizes', { sizes: {} }],
    ['sizes.small.types', { sizes: { small: { types: [] } } }],
    ['sizes.small.types', { sizes: { small: { types: ['t3.micro', 't3.micro'] } } }],
    ['sizes.small.maxPrice', { sizes: { small: { types: ['t3.micro'], maxPrice: 1 } } }],
    ['sizes.Big', { sizes: { Big: { types: ['t3.micro'] } } }],
    ['bundle', { command: undefined }],
    ['bundle', { bundle: { url: 's3://b/k; rm -rf /', sha256: 'ab'.repeat(32) } }],
    ['bundle', { bundle: { url: 'https://x/$(id)', sha256: 'ab'.repeat(32) } }],
    ['bundle', { bundle: { url: 'https://x/y', sha256: 'short' } }],
    ['instanceProfile', { bundle: { url: 's3://bucket/key', sha256: 'ab'.repeat(32) } }],
    ['command', { command: ['true'] }],
    ['egress', { egress: [{ fromPort: 10, toPort: 1 }] }],
    ['tags', { tags: { 'openzimki:owner': 'me' } }],
    ['image', { image: 'debian' }],
    ['securityGroups', { securityGroups: ['default'] }],
    ['metadataEndpoint', { metadataEndpoint: 'https://x' }],
    ['configuration', { userData: 'x' }],
  ])('is refused for its %s: %j', (word, change) => {
    expect(() => checkConfig({ ...GOOD, ...change }, 'me')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(word) }),
    )
  })

  it('shows no secret where it is wrong', () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'sesame', more: 'open' }
    expect(() => checkConfig({ ...GOOD, credentials }, 'me')).toThrow(expect.not.stringContaining('sesame'))
  })
})
