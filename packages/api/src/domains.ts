import { z } from 'zod'
import { pageOf, pageQuery, realmParams, timeMs, uuid, uuidOrName } from './fields.ts'
import { defineRoutes } from './route.ts'

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** A host name of at least two labels, lower case, ASCII (punycode); not an address. */
export const host = z
  .string()
  .max(253)
  .regex(
    new RegExp(`^(?:${LABEL}\\.)+(?=[a-z0-9-]*[a-z])${LABEL}$`),
    'must be a lower-case host name such as www.example.com',
  )

export const domain = z.object({ host: z.string(), realm: uuid, key: uuid, createdAtMs: timeMs })
export type Domain = z.output<typeof domain>

export const domainRoutes = defineRoutes({
  create: {
    method: 'POST',
    path: '/realms/:realm/domains',
    summary: 'Bind a host name to the realm, through one of its keys',
    access: 'account',
    params: realmParams,
    body: z.strictObject({ host, key: uuidOrName.optional() }),
    answer: domain,
    errors: ['NOT_FOUND', 'ALREADY_EXISTS'],
  },
  list: {
    method: 'GET',
    path: '/realms/:realm/domains',
    summary: 'List the host names of the realm',
    access: 'account',
    params: realmParams,
    query: pageQuery,
    answer: pageOf(domain),
    errors: ['NOT_FOUND'],
  },
  delete: {
    method: 'DELETE',
    path: '/realms/:realm/domains/:host',
    summary: 'Take a host name away from the realm',
    access: 'account',
    params: realmParams.extend({ host }),
    answer: null,
    errors: ['NOT_FOUND'],
  },
})
