import { z } from 'zod'
import { pageOf, pageQuery, timeMs, title, uuid } from './fields.ts'
import { defineRoutes } from './route.ts'

export const account = z.object({
  id: uuid,
  name: z.string(),
  role: z.enum(['customer', 'operator']),
  state: z.enum(['active', 'suspended']),
  /** The operator trusts it below the isolation floor. */
  trusted: z.boolean(),
  createdAtMs: timeMs,
})
export type Account = z.output<typeof account>

const params = z.strictObject({ account: uuid })

export const accountRoutes = defineRoutes({
  me: {
    method: 'GET',
    path: '/account',
    summary: 'Show the account that the token belongs to',
    access: 'account',
    answer: account,
    errors: [],
  },
  create: {
    method: 'POST',
    path: '/accounts',
    summary: 'Create a customer account',
    access: 'operator',
    body: z.strictObject({ name: title, trusted: z.boolean().default(false) }),
    answer: account,
    errors: [],
  },
  list: {
    method: 'GET',
    path: '/accounts',
    summary: 'List accounts',
    access: 'operator',
    query: pageQuery,
    answer: pageOf(account),
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/accounts/:account',
    summary: 'Show an account',
    access: 'operator',
    params,
    answer: account,
    errors: ['NOT_FOUND'],
  },
  update: {
    method: 'PATCH',
    path: '/accounts/:account',
    summary: 'Rename, trust, suspend or reactivate an account',
    access: 'operator',
    params,
    body: z.strictObject({
      name: title.optional(),
      trusted: z.boolean().optional(),
      state: z.enum(['active', 'suspended']).optional(),
    }),
    answer: account,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
  delete: {
    method: 'DELETE',
    path: '/accounts/:account',
    summary: 'Delete an account that has no realms, and its tokens',
    access: 'operator',
    params,
    answer: null,
    errors: ['NOT_FOUND', 'CONFLICT'],
  },
})
