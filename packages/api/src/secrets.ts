import { z } from 'zod'
import { pageOf, pageQuery, realmParams, timeMs, variableName } from './fields.ts'
import { defineRoutes } from './route.ts'

const one = realmParams.extend({ secret: variableName })

/** A value is never read back. */
export const secret = z.object({ name: z.string(), updatedAtMs: timeMs })
export type Secret = z.output<typeof secret>

export const secretRoutes = defineRoutes({
  set: {
    method: 'PUT',
    path: '/realms/:realm/secrets/:secret',
    summary:
      'Set a secret: programs see it as `env` and `zimki.secret`; it wins over a variable of the deployment',
    access: 'account',
    params: one,
    body: z.strictObject({ value: z.string().max(16 * 1024) }),
    bodyBytes: 256 * 1024,
    answer: secret,
    errors: ['NOT_FOUND', 'QUOTA_EXCEEDED'],
  },
  list: {
    method: 'GET',
    path: '/realms/:realm/secrets',
    summary: 'List the names of the secrets',
    access: 'account',
    params: realmParams,
    query: pageQuery,
    answer: pageOf(secret),
    errors: ['NOT_FOUND'],
  },
  delete: {
    method: 'DELETE',
    path: '/realms/:realm/secrets/:secret',
    summary: 'Delete a secret',
    access: 'account',
    params: one,
    answer: null,
    errors: ['NOT_FOUND'],
  },
})
