import { z } from 'zod'
import type { Route } from './route.ts'
import { BASE_PATH, routes } from './routes.ts'

interface JsonSchema {
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: JsonSchema[]
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  required?: string[]
}

const INTRODUCTION = `# HTTP API

This page is written by \`node packages/api/write-reference.ts\` from the table of routes in \`packages/api/src\`.

- Every path is below \`${BASE_PATH}\`. The same as OpenAPI 3.1: \`${BASE_PATH}/openapi.json\`.
- Send \`Authorization: Bearer <token>\`. There are no cookies. \`zimki up\` writes the operator's token to \`<data>/operator.json\`.
- \`:realm\` is a realm's UUID or its name. What belongs to another account is answered like what does not exist: 404.
- A list takes \`limit\` (1 to 1000, default 100) and \`after\` and answers \`{ items, next }\`; give \`next\` as \`after\` to go on.
- An error is \`{ "error": { "code", "message", "details" } }\`. Besides the codes named below, any route may answer
  INVALID_ARGUMENT (400), UNAUTHENTICATED (401), PERMISSION_DENIED (403), TOO_LARGE (413) and INTERNAL (500).
- A name with \`?\` may be left out.
`

/** The reference of the API as Markdown. */
export function apiReference(): string {
  const nouns = Object.entries(routes).map(([noun, actions]) => {
    const parts = Object.entries(actions as Record<string, Route>).map(([action, route]) =>
      section(action, route),
    )
    return `## ${noun}\n\n${parts.join('\n')}`
  })
  return `${INTRODUCTION}\n${nouns.join('\n')}`
}

function section(action: string, route: Route): string {
  const lines = [`### ${action}`, '', `\`${route.method} ${route.path}\``, '', `${route.summary}.`, '']
  if (route.access !== 'account')
    lines.push(`- For ${route.access === 'public' ? 'anyone' : 'operators alone'}.`)
  if (route.query) lines.push(`- Query: \`${shapeOf(route.query, 'input')}\``)
  if (route.body === 'bytes') lines.push('- Body: the bytes.')
  else if (route.body) lines.push(`- Body: \`${shapeOf(route.body, 'input')}\``)
  lines.push(`- Answer: ${answerOf(route)}`)
  if (route.errors.length > 0) lines.push(`- Errors: ${route.errors.join(', ')}`)
  return `${lines.join('\n')}\n`
}

function answerOf({ answer }: Route): string {
  if (answer === null) return '204, nothing.'
  if (!('kind' in answer)) return `\`${shapeOf(answer, 'output')}\``
  if (answer.kind === 'lines') return 'JSON Lines.'
  return `Server-Sent Events; each \`data\` is \`${shapeOf(answer.event, 'output')}\``
}

const shapeOf = (schema: z.ZodType, io: 'input' | 'output'): string =>
  show(z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema)

/** A schema in the manner of TypeScript. */
function show(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.anyOf) return [...new Set(schema.anyOf.map(show))].join(' | ')
  if (schema.items) return `${bracketed(show(schema.items))}[]`
  if (schema.properties) return showObject(schema.properties, schema.required ?? [])
  if (typeof schema.additionalProperties === 'object')
    return `{ [name]: ${show(schema.additionalProperties)} }`
  return schema.type === undefined ? 'any' : [schema.type].flat().join(' | ')
}

const bracketed = (text: string): string => (text.includes(' | ') ? `(${text})` : text)

function showObject(properties: Record<string, JsonSchema>, required: string[]): string {
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${name}${required.includes(name) ? '' : '?'}: ${show(schema)}`,
  )
  return `{ ${fields.join(', ')} }`
}
