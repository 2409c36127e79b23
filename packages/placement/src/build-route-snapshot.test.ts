import { describe, expect, it } from '@jest/globals'
import { DEFAULT_LIMITS } from '@openzimki/core'
import { buildRouteSnapshot, type RouteInput } from './build-route-snapshot.ts'
import type { RouteKey, RouteRealm } from './route-table.ts'

const realm: RouteRealm = {
  id: 'r1',
  account: 'acme',
  deployment: 'd1',
  kind: 'script',
  limits: DEFAULT_LIMITS,
  state: 'live',
  reason: null,
  pathForm: true,
  cells: [],
}
const key = (over: Partial<RouteKey> = {}): RouteKey => ({
  id: 'k1',
  alias: 'wiki',
  realm: 'r1',
  debug: false,
  ...over,
})

const build = (over: Partial<RouteInput> = {}) =>
  buildRouteSnapshot({
    version: 1,
    baseDomains: ['localhost'],
    keys: [key()],
    domains: [],
    realms: [realm],
    ...over,
  })

describe('buildRouteSnapshot', () => {
  it('finds a key by its id and by its alias, and a domain in any case', () => {
    const snapshot = build({ domains: [['Wiki.Example', 'k1']], baseDomains: ['Apps.Example'] })
    expect(snapshot.keys.get('k1')).toBe(snapshot.keys.get('wiki'))
    expect(snapshot.domains.get('wiki.example')).toBe('k1')
    expect(snapshot.baseDomains).toEqual(['apps.example'])
    expect(snapshot.realms.get('r1')).toBe(realm)
    expect(Object.isFrozen(snapshot)).toBe(true)
  })

  it.each<[string, Partial<RouteInput>, string]>([
    ['an alias twice', { keys: [key(), key({ id: 'k2', alias: 'WIKI' })] }, 'CONFLICT'],
    ['an alias that imitates a key', { keys: [key(), key({ id: 'k2', alias: 'k1' })] }, 'CONFLICT'],
    [
      'a domain twice',
      {
        domains: [
          ['a.b', 'k1'],
          ['A.b', 'k1'],
        ],
      },
      'CONFLICT',
    ],
    ['a realm twice', { realms: [realm, realm] }, 'CONFLICT'],
    ['a key without its realm', { realms: [] }, 'INVALID_ARGUMENT'],
    ['a domain without its key', { domains: [['a.b', 'k9']] }, 'INVALID_ARGUMENT'],
  ])('refuses %s', (_, over, code) => {
    expect(() => build(over)).toThrow(expect.objectContaining({ code }))
  })

  it('takes names of the language as names', () => {
    const snapshot = build({ keys: [key({ alias: '__proto__' }), key({ id: 'k2', alias: 'constructor' })] })
    expect(snapshot.keys.get('__proto__')?.id).toBe('k1')
    expect(snapshot.keys.get('toString')).toBeUndefined()
  })
})
