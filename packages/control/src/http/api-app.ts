import { BASE_PATH, type Route, routes } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import type { Caller } from '../caller.ts'
import type { ControlLog } from '../control-context.ts'
import type { Services } from '../services.ts'
import { createHandlers, type HandlerContext } from './handlers.ts'
import { parseInput } from './parse-input.ts'
import { sendAnswer } from './send-answer.ts'
import { sendError } from './send-error.ts'

const DEFAULT_BODY_BYTES = 64 * 1024
const NOBODY: Caller = { account: 'nobody', operator: false, name: 'nobody' }

export interface ApiAppOptions {
  services: Services
  randomUUID: () => string
  log: ControlLog
  /** Ends the answers that would go on for ever: streams of events. */
  ending: AbortSignal
}

/** Any handler, its types forgotten: the input was validated by its own route's schemas. */
type AnyHandler = (call: HandlerContext & Record<string, unknown>) => Promise<unknown>

/** The HTTP API: every route of the table, mounted. */
export function createApiApp({ services, randomUUID, log, ending }: ApiAppOptions): Express {
  const app = express().disable('x-powered-by').disable('etag').set('query parser', 'simple')
  app.use(setHeaders)
  const handlers = createHandlers(services) as unknown as Record<string, Record<string, AnyHandler>>
  for (const [noun, actions] of Object.entries(routes)) {
    for (const [action, route] of Object.entries(actions as Record<string, Route>)) {
      const handler = handlers[noun]?.[action] as AnyHandler
      const method = route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'
      app[method](
        BASE_PATH + route.path,
        authenticate(services, route),
        ...bodyParser(route),
        serve(route, handler, ending),
      )
    }
  }
  app.use((request: Request) => {
    throw new PlatformError(
      'NOT_FOUND',
      `There is no ${request.method} ${request.path} in this API; ${BASE_PATH}/openapi.json describes what there is`,
    )
  })
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    sendError(response, error, { randomUUID, log })
  })
  return app
}

function setHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set({
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  })
  next()
}

/** Before the body is read, so that a stranger cannot make us read one. */
function authenticate({ tokens }: Services, route: Route) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    response.locals.caller = NOBODY
    if (route.access !== 'public') {
      const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
      if (token === undefined) {
        response.set('www-authenticate', 'Bearer')
        throw new PlatformError('UNAUTHENTICATED', 'This needs a token: send `Authorization: Bearer <token>`')
      }
      const caller = await tokens.authenticate(token)
      if (route.access === 'operator' && !caller.operator) {
        throw new PlatformError('PERMISSION_DENIED', 'Only an operator may do this; use an operator token')
      }
      response.locals.caller = caller
    }
    next()
  }
}

function bodyParser(route: Route) {
  if (route.body === undefined || route.body === 'bytes') return []
  return [express.json({ limit: route.bodyBytes ?? DEFAULT_BODY_BYTES, inflate: false, strict: true })]
}

function serve(route: Route, handler: AnyHandler, ending: AbortSignal) {
  const isEndless = route.answer !== null && 'kind' in route.answer && route.answer.kind === 'events'
  return async (request: Request, response: Response): Promise<void> => {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const signal = isEndless ? AbortSignal.any([gone.signal, ending]) : gone.signal
    const answer = await handler({
      ...parseInput(route, request),
      caller: response.locals.caller as Caller,
      signal,
      lastEventId: request.get('last-event-id'),
    })
    await sendAnswer(response, route, answer, signal)
  }
}
