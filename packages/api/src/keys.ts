import { z } from 'zod'
import { alias, pageOf, pageQuery, realmParams, timeMs, title, uuid, uuidOrName } from './fields.ts'
import { defineRoutes } from './route.ts'

export const key = z.object({
  id: uuid,
  realm: uuid,
  name: z.string().nullable(),
  alias: z.string().nullable(),
  /** Error pages show the stack. */
  debug: z.boolean(),
  url: z.string(),
  origin: z.string().nullable(),
  createdAtMs: timeMs,
  /** Null: it works. */
  revokedAtMs: timeMs.nullable(),
})
export type Key = z.output<typeof key>

const one = realmParams.extend({ key: uuidOrName })

export const keyRoutes = defineRoutes({
  create: {
    method: 'POST',
    path: '/realms/:realm/keys',
    summary: 'Create an API key',
    access: 'account',
    params: realmParams,
    body: z.strictObject({
      name: title.optional(),
      alias: alias.optional(),
      debug: z.boolean().default(false),
    }),
    answer: key,
    errors: ['NOT_FOUND', 'ALREADY_EXISTS'],
  },
  list: {
    method: 'GET',
    path: '/realms/:realm/keys',
    summary: 'List API keys, revoked ones too',
    access: 'account',
    params: realmParams,
    query: pageQuery,
    answer: pageOf(key),
    errors: ['NOT_FOUND'],
  },
  update: {
    method: 'PATCH',
    path: '/realms/:realm/keys/:key',
    summary: 'Set the alias (null takes it away), the name or the debug flag of a key',
    access: 'account',
    params: one,
    body: z.strictObject({
      name: title.nullable().optional(),
      alias: alias.nullable().optional(),
      debug: z.boolean().optional(),
    }),
    answer: key,
    errors: ['NOT_FOUND', 'ALREADY_EXISTS'],
  },
  revoke: {
    method: 'POST',
    path: '/realms/:realm/keys/:key/revoke',
    summary: 'Revoke a key: it answers 404 from now on, and its alias is free',
    access: 'account',
    params: one,
    answer: key,
    errors: ['NOT_FOUND'],
  },
  delete: {
    method: 'DELETE',
    path: '/realms/:realm/keys/:key',
    summary: 'Delete a key; its usage stays on record',
    access: 'account',
    params: one,
    answer: null,
    errors: ['NOT_FOUND'],
  },
})
