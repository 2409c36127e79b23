import { describe, expect, it } from '@jest/globals'
import { findEntry } from './find-entry.ts'
import { realmRoute, TestRoutes, uuid } from './testing/test-routes.ts'

const [WIKI, SHOP, HIDDEN] = [uuid(1), uuid(2), uuid(3)]
const routes = new TestRoutes()
routes.set(realmRoute(WIKI), [{ id: uuid(11), alias: 'wiki' }, { id: uuid(12) }])
routes.set(realmRoute(SHOP), [{ id: uuid(21), alias: 'shop' }], { 'shop.example.org': uuid(21) })
routes.set(realmRoute(HIDDEN, { pathForm: false }), [{ id: uuid(31), alias: 'hidden' }])

/** Realm, root, path and query, or what else was found. */
function find(host: string, url: string): unknown {
  const mark = url.indexOf('?')
  const [path, query] = mark === -1 ? [url, ''] : [url.slice(0, mark), url.slice(mark)]
  const found = findEntry(routes.current(), host, path, query)
  if (found.kind !== 'realm') return found.kind === 'redirect' ? found.location : found.kind
  return [found.entry.realm.id, found.entry.key.id, found.entry.root, found.entry.path, found.entry.query]
}

describe('findEntry', () => {
  it.each([
    ['an alias in the path', '127.0.0.1', '/u/wiki/a/b?c=d', [WIKI, uuid(11), '/u/wiki', '/a/b', '?c=d']],
    ['a key in the path', 'anything', `/u/${uuid(12)}/`, [WIKI, uuid(12), `/u/${uuid(12)}`, '/', '']],
    ['an own origin', 'wiki.localhost', '/a/b?c=d', [WIKI, uuid(11), '', '/a/b', '?c=d']],
    ['an own origin below another base', 'wiki.apps.example.com', '/', [WIKI, uuid(11), '', '/', '']],
    ['a custom domain', 'shop.example.org', '/u/wiki/', [SHOP, uuid(21), '', '/u/wiki/', '']],
    ['an own origin where the path form is off', 'hidden.localhost', '/x', [HIDDEN, uuid(31), '', '/x', '']],
    [
      'a service call',
      'localhost',
      '/zimki?method=m&api_key=wiki',
      [WIKI, uuid(11), '/u/wiki', '/zimki', '?method=m&api_key=wiki'],
    ],
    [
      'a service call by another key of the realm',
      'wiki.localhost',
      `/zimki?api_key=${uuid(12)}`,
      [WIKI, uuid(12), '', '/zimki', `?api_key=${uuid(12)}`],
    ],
    [
      'a service call without key on an own origin',
      'wiki.localhost',
      '/zimki?method=m',
      [WIKI, uuid(11), '', '/zimki', '?method=m'],
    ],
    [
      'the platform paths, which are the realm’s on its own origin',
      'wiki.localhost',
      '/api/v1',
      [WIKI, uuid(11), '', '/api/v1', ''],
    ],
  ])('finds %s', (_, host, url, expected) => {
    expect(find(host, url)).toEqual(expected)
  })

  it.each([
    ['/u/wiki', '/u/wiki/'],
    ['/u/wiki?a=b', '/u/wiki/?a=b'],
    [`/u/${uuid(12)}`, `/u/${uuid(12)}/`],
  ])('leads %s to its slash', (url, location) => {
    expect(find('localhost', url)).toBe(location)
  })

  it.each([
    ['localhost', '/u/nobody/'],
    ['localhost', '/u/nobody'],
    ['localhost', '/u//'],
    ['localhost', '/u/'],
    ['localhost', '/u/__proto__/'],
    ['localhost', '/u/%77iki/'],
    ['localhost', '/u/hidden/'],
    ['localhost', '/u/hidden'],
    ['localhost', '/zimki?api_key=hidden'],
    ['localhost', '/zimki?api_key=nobody'],
    ['nobody.localhost', '/'],
    ['nobody.localhost', '/u/wiki/'],
    ['nobody.localhost', '/api/v1'],
  ])('finds no realm at %s%s', (host, url) => {
    expect(find(host, url)).toBe('missing')
  })

  it('does not let a service of one realm answer on the origin of another', () => {
    expect(find('wiki.localhost', '/zimki?api_key=shop&method=m')).toBe('missing')
    expect(find('shop.example.org', '/zimki?api_key=wiki&method=m')).toBe('missing')
  })

  it.each([
    'localhost',
    'apps.example.com',
    '127.0.0.1',
    'api.localhost',
    'wikilocalhost',
    'a.wiki.localhost',
    '[::1]',
  ])('leaves %s to the platform', (host) => {
    expect([
      find(host, '/'),
      find(host, '/u'),
      find(host, '/zimki'),
      find(host, '/zimki/?api_key=wiki'),
    ]).toEqual(Array(4).fill('platform'))
  })

  it('finds nothing by a revoked key, in no form', () => {
    const revoked = new TestRoutes()
    revoked.set(realmRoute(WIKI), [{ id: uuid(11), alias: 'wiki' }], { 'wiki.example.org': uuid(11) })
    revoked.revoke(uuid(11))
    const kinds = [
      ['localhost', '/u/wiki/'],
      ['wiki.localhost', '/'],
      ['wiki.example.org', '/'],
    ].map(([host = '', path = '']) => findEntry(revoked.current(), host, path, '').kind)
    expect(kinds).toEqual(['missing', 'missing', 'platform'])
  })
})
