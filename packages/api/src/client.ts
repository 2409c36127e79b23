import { PlatformError } from '@openzimki/core'
import type { z } from 'zod'
import { readEvents } from './event-stream.ts'
import { readLines } from './lines.ts'
import type { Route, RouteResult } from './route.ts'
import { BASE_PATH, type Routes, routes } from './routes.ts'

type Given<Name extends string, S> = S extends z.ZodObject
  ? Record<string, never> extends z.input<S>
    ? { [K in Name]?: z.input<S> }
    : { [K in Name]: z.input<S> }
  : Record<never, never>

type GivenBody<B> = B extends 'bytes'
  ? { body: Uint8Array | AsyncIterable<Uint8Array> }
  : B extends z.ZodType
    ? { body: z.input<B> }
    : Record<never, never>

/** What a call is given: path parameters, query and body as the route's schemas want them. */
export type RouteInput<R extends Route> = Given<'params', R['params']> &
  Given<'query', R['query']> &
  GivenBody<R['body']> & {
    signal?: AbortSignal
    /** Event streams: go on after this event. */
    lastEventId?: string
  }

type Method<R extends Route> =
  Record<string, never> extends RouteInput<R>
    ? (input?: RouteInput<R>) => Promise<RouteResult<R>>
    : (input: RouteInput<R>) => Promise<RouteResult<R>>

/** `client.<noun>.<action>({ params, query, body, signal })`, typed by the table of routes. */
export type Client = { [N in keyof Routes]: { [A in keyof Routes[N]]: Method<Routes[N][A] & Route> } }

export interface ClientOptions {
  /** Origin of the platform, such as `http://127.0.0.1:8080`; a path in it is kept. */
  url: string
  /** Absent: public routes only. */
  token?: string
  fetch?: typeof fetch
}

interface AnyInput {
  params?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
  signal?: AbortSignal
  lastEventId?: string
}

/**
 * A client of the API. Calls reject with the server's own PlatformError; UNAVAILABLE when there is no answer, CANCELLED
 * when `signal` fires, PROTOCOL when the answer is not what the table says.
 */
export function createClient(options: ClientOptions): Client {
  const client: Record<string, Record<string, unknown>> = {}
  for (const [noun, actions] of Object.entries(routes)) {
    const methods: Record<string, unknown> = {}
    for (const [action, route] of Object.entries(actions as Record<string, Route>)) {
      methods[action] = (input: AnyInput = {}) => call(options, route, input)
    }
    client[noun] = methods
  }
  return client as Client
}

async function call(options: ClientOptions, route: Route, input: AnyInput): Promise<unknown> {
  const response = await send(options, route, input)
  if (!response.ok) throw await errorOf(response)
  const { answer } = route
  if (answer === null) {
    await response.body?.cancel()
    return undefined
  }
  if ('kind' in answer) {
    if (!response.body) throw notThisApi(response)
    return answer.kind === 'lines' ? readLines(response.body) : readEvents(response.body, answer.event)
  }
  const parsed = answer.safeParse(await response.json().catch(() => undefined))
  if (!parsed.success) throw notThisApi(response)
  return parsed.data
}

async function send(options: ClientOptions, route: Route, input: AnyInput): Promise<Response> {
  const headers: Record<string, string> = { accept: acceptOf(route) }
  if (options.token) headers.authorization = `Bearer ${options.token}`
  if (input.lastEventId) headers['last-event-id'] = input.lastEventId
  const init: RequestInit & { duplex?: 'half' } = { method: route.method, headers, redirect: 'error' }
  if (input.signal) init.signal = input.signal
  if (route.body === 'bytes') {
    headers['content-type'] = 'application/octet-stream'
    init.body = input.body as RequestInit['body']
    init.duplex = 'half'
  } else if (route.body) {
    headers['content-type'] = 'application/json'
    init.body = JSON.stringify(input.body ?? {})
  }
  const url = routeUrl(options.url, route, input)
  try {
    return await (options.fetch ?? fetch)(url, init)
  } catch (cause) {
    if (input.signal?.aborted) throw new PlatformError('CANCELLED', 'The call was cancelled', { cause })
    throw new PlatformError(
      'UNAVAILABLE',
      `No answer from ${new URL(url).origin}: is the platform running there? Start it with \`zimki up\`, or name another with --url`,
      { cause },
    )
  }
}

/** The full URL of a call. INVALID_ARGUMENT when `base` is not a URL or a parameter is missing. */
function routeUrl(base: string, route: Route, input: AnyInput): string {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => {
    const value = input.params?.[name]
    // `.` and `..` would be resolved away by the URL parser and reach another route.
    if (typeof value !== 'string' || value === '' || value === '.' || value === '..') {
      throw new PlatformError(
        'INVALID_ARGUMENT',
        `${name} must be given and cannot be "${String(value ?? '')}"`,
      )
    }
    return encodeURIComponent(value)
  })
  if (!URL.canParse(base)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `${base} is not a URL; give one such as http://127.0.0.1:8080`,
    )
  }
  const url = new URL(base.replace(/\/+$/, '') + BASE_PATH + path)
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url.href
}

function acceptOf(route: Route): string {
  if (route.answer === null || !('kind' in route.answer)) return 'application/json'
  return route.answer.kind === 'events' ? 'text/event-stream' : 'application/jsonl'
}

async function errorOf(response: Response): Promise<PlatformError> {
  const body: unknown = await response.json().catch(() => undefined)
  const error = body && typeof body === 'object' && 'error' in body ? body.error : undefined
  if (!error || typeof error !== 'object') return notThisApi(response)
  return PlatformError.fromJSON(error)
}

function notThisApi(response: Response): PlatformError {
  return new PlatformError(
    'PROTOCOL',
    `${response.url} answered ${response.status} with something that is not this API's; check the URL and the platform's version`,
    { details: { status: response.status } },
  )
}
