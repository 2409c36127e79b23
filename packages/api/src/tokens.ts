import { z } from 'zod'
import { pageOf, pageQuery, timeMs, title, uuid } from './fields.ts'
import { defineRoutes } from './route.ts'

export const token = z.object({
  id: uuid,
  account: uuid,
  name: z.string(),
  createdAtMs: timeMs,
  expiresAtMs: timeMs.nullable(),
  /** To the minute; null: never used. */
  lastUsedAtMs: timeMs.nullable(),
})
export type Token = z.output<typeof token>

export const tokenRoutes = defineRoutes({
  create: {
    method: 'POST',
    path: '/tokens',
    summary: 'Create a token; its text is in this answer and never shown again',
    access: 'account',
    body: z.strictObject({
      name: title,
      expiresAtMs: timeMs.optional(),
      /** Operators alone may name another account. */
      account: uuid.optional(),
    }),
    answer: token.extend({ token: z.string() }),
    errors: ['NOT_FOUND'],
  },
  list: {
    method: 'GET',
    path: '/tokens',
    summary: 'List the tokens of the account',
    access: 'account',
    query: pageQuery,
    answer: pageOf(token),
    errors: [],
  },
  revoke: {
    method: 'DELETE',
    path: '/tokens/:token',
    summary: 'Revoke a token; it is refused from the next request on',
    access: 'account',
    params: z.strictObject({ token: uuid }),
    answer: null,
    errors: ['NOT_FOUND'],
  },
})
