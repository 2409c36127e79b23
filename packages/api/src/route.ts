import type { ErrorCode } from '@openzimki/core'
import type { z } from 'zod'

/** Who may call: anyone; the holder of a token for what its account owns; operators alone. */
export type Access = 'public' | 'account' | 'operator'

/** The answer is a stream of Server-Sent Events; each `data` is JSON of this schema. */
export interface EventAnswer<T extends z.ZodType = z.ZodType> {
  kind: 'events'
  event: T
}

/** The answer is text, streamed line by line (JSON Lines). */
export interface LinesAnswer {
  kind: 'lines'
}

/** One route of the API, as data: the server mounts it, the client calls it, OpenAPI describes it. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the base path; `:name` is a parameter, described in `params`. */
  path: string
  /** One sentence in the imperative. */
  summary: string
  access: Access
  params?: z.ZodObject
  query?: z.ZodObject
  /** `bytes`: the raw body, streamed. Absent: no body. */
  body?: z.ZodType | 'bytes'
  /** Largest JSON body in bytes; default 64 KiB. */
  bodyBytes?: number
  /** null: 204, nothing. */
  answer: z.ZodType | EventAnswer | LinesAnswer | null
  /** Codes besides those every route may answer (see COMMON_ERRORS). */
  errors: readonly ErrorCode[]
}

/** Any route may answer these. */
export const COMMON_ERRORS = [
  'INVALID_ARGUMENT',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'TOO_LARGE',
  'INTERNAL',
] as const satisfies readonly ErrorCode[]

/** Keeps the exact type of a table of routes. */
export const defineRoutes = <const T extends Record<string, Route>>(table: T): T => table

type Parsed<S> = S extends z.ZodType ? z.output<S> : Record<never, never>

/** What a handler is given, after validation. */
export interface RouteCall<R extends Route> {
  params: Parsed<R['params']>
  query: Parsed<R['query']>
  body: R['body'] extends 'bytes'
    ? AsyncIterable<Uint8Array>
    : R['body'] extends z.ZodType
      ? z.output<R['body']>
      : undefined
}

/** What a handler answers with. */
export type RouteAnswer<R extends Route> = R['answer'] extends z.ZodType
  ? z.input<R['answer']>
  : R['answer'] extends EventAnswer<infer T>
    ? AsyncIterable<{ id: string; data: z.input<T> }>
    : R['answer'] extends LinesAnswer
      ? AsyncIterable<string>
      : undefined

/** What a client gets. */
export type RouteResult<R extends Route> = R['answer'] extends z.ZodType
  ? z.output<R['answer']>
  : R['answer'] extends EventAnswer<infer T>
    ? AsyncIterable<{ id: string; data: z.output<T> }>
    : R['answer'] extends LinesAnswer
      ? AsyncIterable<string>
      : undefined
