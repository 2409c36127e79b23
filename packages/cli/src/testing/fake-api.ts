import { createHash } from 'node:crypto'
import { BASE_PATH, type Route, routes } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'

/** One call as the fake saw it. */
export interface SeenCall {
  route: string
  params: Record<string, string>
  query: Record<string, string>
  body: unknown
  token: string | null
  url: string
}

/** Answers by `noun.action`: what the route's schema wants, or text for streams; a PlatformError is answered as such. */
export type Answers = Record<string, (call: SeenCall) => unknown>

/**
 * A stand-in for the platform, for tests: a `fetch` that takes calls by the API's own table of routes, holds what is sent against its schemas,
 * and records it. Nothing listens on a port.
 */
export function fakeApi(answers: Answers): { fetch: typeof fetch; calls: SeenCall[] } {
  const calls: SeenCall[] = []
  const answer = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const found = findRoute(request.method, url.pathname.replace(BASE_PATH, ''))
    if (!found) return failure(new PlatformError('NOT_FOUND', `no route ${request.method} ${url.pathname}`))
    const { route, name, params } = found
    const query = Object.fromEntries(url.searchParams)
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? null
    const call = { route: name, params, query, body: await bodyOf(route, request), token, url: request.url }
    calls.push(call)
    try {
      route.params?.parse(params)
      route.query?.parse(query)
      const given = await answers[name]?.(call)
      if (given instanceof PlatformError) return failure(given)
      if (typeof given === 'string') return new Response(given)
      if (given instanceof ReadableStream) {
        // Not the request's own signal: it may be collected before it fires.
        return new Response(given.pipeThrough(new TransformStream(), { signal: init?.signal ?? undefined }))
      }
      return route.answer === null ? new Response(null, { status: 204 }) : Response.json(given)
    } catch (thrown) {
      return failure(PlatformError.from(thrown, 'INVALID_ARGUMENT'))
    }
  }
  return { fetch: answer as typeof fetch, calls }
}

function findRoute(method: string, path: string) {
  for (const [noun, actions] of Object.entries(routes)) {
    for (const [action, route] of Object.entries(actions as Record<string, Route>)) {
      const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1]!)
      const match = new RegExp(`^${route.path.replaceAll(/:\w+/g, '([^/]+)')}$`).exec(path)
      if (!match || route.method !== method) continue
      const params = Object.fromEntries(
        names.map((name, index) => [name, decodeURIComponent(match[index + 1]!)]),
      )
      return { route, name: `${noun}.${action}`, params }
    }
  }
  return undefined
}

async function bodyOf(route: Route, request: Request): Promise<unknown> {
  if (!route.body) return undefined
  if (route.body === 'bytes')
    return createHash('sha256')
      .update(await request.bytes())
      .digest('hex')
  return route.body.parse(await request.json())
}

function failure(error: PlatformError): Response {
  return Response.json({ error }, { status: error.httpStatus })
}
