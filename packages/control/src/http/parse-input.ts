import type { Route } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import type { Request } from 'express'
import type { z } from 'zod'

/** Params, query and body of a request, as the route's schemas want them. INVALID_ARGUMENT names each thing that is wrong. */
export function parseInput(
  route: Route,
  request: Request,
): { params: unknown; query: unknown; body: unknown } {
  return {
    params: route.params ? parsed(route.params, { ...request.params }, 'path') : {},
    query: route.query ? parsed(route.query, { ...request.query }, 'query') : nothing(request.query),
    body: bodyOf(route, request),
  }
}

function bodyOf(route: Route, request: Request): unknown {
  if (route.body === undefined) return undefined
  if (route.body === 'bytes') return request
  if (request.body === undefined && hasBody(request)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      'The body must be JSON: send `Content-Type: application/json`',
    )
  }
  return parsed(route.body, request.body ?? {}, 'body')
}

const hasBody = ({ headers }: Request): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

function nothing(query: object): Record<string, never> {
  const [name] = Object.keys(query)
  if (name === undefined) return {}
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `This takes no query parameters, but ${name.slice(0, 100)} was given`,
  )
}

const MAX_ISSUES = 20

function parsed(schema: z.ZodType, value: unknown, where: string): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.slice(0, MAX_ISSUES).map((issue) => ({
    path: [where, ...issue.path.map(String)].join('.').slice(0, 300),
    message: issue.message.slice(0, 300),
  }))
  const [first] = issues
  throw new PlatformError('INVALID_ARGUMENT', `${first?.path}: ${first?.message}`, { details: { issues } })
}
