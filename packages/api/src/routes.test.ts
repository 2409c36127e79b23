import { describe, expect, it } from '@jest/globals'
import { ERROR_CODES } from '@openzimki/core'
import { openApi } from './openapi.ts'
import type { Route } from './route.ts'
import { routes } from './routes.ts'

const all: [string, Route][] = Object.entries(routes).flatMap(([noun, actions]) =>
  Object.entries(actions as Record<string, Route>).map(([action, route]): [string, Route] => [
    `${noun}.${action}`,
    route,
  ]),
)

describe('the table of routes', () => {
  it.each(all)('%s describes exactly the parameters of its path', (_, route) => {
    const inPath = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1])
    expect(Object.keys(route.params?.shape ?? {}).sort()).toEqual(inPath.sort())
  })

  it('has no two routes of one method and path', () => {
    const places = all.map(([, route]) => `${route.method} ${route.path.replace(/:\w+/g, ':')}`)
    expect(new Set(places).size).toBe(places.length)
  })

  it('pages every list', () => {
    const lists = all.filter(([name]) => name.endsWith('.list'))
    expect(lists.length).toBeGreaterThan(8)
    for (const [, route] of lists)
      expect(Object.keys(route.query?.shape ?? {})).toEqual(expect.arrayContaining(['limit', 'after']))
  })

  it('keeps all but health and the provider key behind a token', () => {
    const open = all.filter(([, route]) => route.access === 'public').map(([name]) => name)
    expect(open.sort()).toEqual(['health.get', 'health.openapi', 'usage.providerKey'])
  })

  it('lets operators alone manage accounts', () => {
    const accounts = all.filter(([name]) => name.startsWith('accounts.') && name !== 'accounts.me')
    expect(accounts.map(([, route]) => route.access)).toEqual(accounts.map(() => 'operator'))
  })
})

describe('openApi', () => {
  const document = openApi('1.2.3') as {
    openapi: string
    paths: Record<
      string,
      Record<string, { operationId: string; responses: Record<string, { description: string }> }>
    >
  }

  it('has one operation for each route', () => {
    const ids = Object.values(document.paths).flatMap((path) => Object.values(path).map((o) => o.operationId))
    expect(ids.sort()).toEqual(all.map(([name]) => name).sort())
    expect(document.openapi).toBe('3.1.0')
  })

  it('lists each declared error under its status', () => {
    for (const [name, route] of all) {
      const operation = Object.values(document.paths)
        .flatMap((path) => Object.values(path))
        .find((candidate) => candidate.operationId === name)
      for (const code of route.errors) {
        expect(operation?.responses[ERROR_CODES[code].http]?.description).toContain(code)
      }
    }
  })

  it('is JSON', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
  })
})
