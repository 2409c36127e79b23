import { ERROR_CODES, type ErrorCode } from '@openzimki/core'
import { z } from 'zod'
import { COMMON_ERRORS, type Route } from './route.ts'
import { BASE_PATH, routes } from './routes.ts'

type JsonObject = Record<string, unknown>

const errorSchema = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    details: z.record(z.string(), z.unknown()),
  }),
})

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonObject => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonObject
  return rest
}

/** OpenAPI 3.1 of the whole table. */
export function openApi(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const [noun, actions] of Object.entries(routes)) {
    for (const [action, route] of Object.entries(actions as Record<string, Route>)) {
      const path = BASE_PATH + route.path.replace(/:(\w+)/g, '{$1}')
      paths[path] ??= {}
      paths[path][route.method.toLowerCase()] = operation(noun, action, route)
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'OpenZimki', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: { Error: schemaOf(errorSchema, 'output') },
    },
  }
}

function operation(noun: string, action: string, route: Route): JsonObject {
  return {
    operationId: `${noun}.${action}`,
    tags: [noun],
    summary: route.summary,
    security: route.access === 'public' ? [] : [{ token: [] }],
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(route.body ? { requestBody: { required: true, content: bodyContent(route.body) } } : {}),
    responses: { ...successOf(route), ...errorsOf(route) },
  }
}

function parameters(place: 'path' | 'query', schema: z.ZodObject | undefined): JsonObject[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, JsonObject>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

function bodyContent(body: z.ZodType | 'bytes'): JsonObject {
  if (body === 'bytes') return { 'application/octet-stream': {} }
  return { 'application/json': { schema: schemaOf(body, 'input') } }
}

function successOf({ answer }: Route): JsonObject {
  if (answer === null) return { 204: { description: 'Done' } }
  if (!('kind' in answer)) {
    return {
      200: { description: 'Done', content: { 'application/json': { schema: schemaOf(answer, 'output') } } },
    }
  }
  const mimetype = answer.kind === 'events' ? 'text/event-stream' : 'application/jsonl'
  return { 200: { description: 'A stream', content: { [mimetype]: {} } } }
}

function errorsOf(route: Route): JsonObject {
  const byStatus = new Map<number, string[]>()
  for (const code of new Set<ErrorCode>([...COMMON_ERRORS, ...route.errors])) {
    const status = ERROR_CODES[code].http
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, { description: codes.join(', '), content }]),
  )
}
