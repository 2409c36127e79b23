import { z } from 'zod'
import { alias, digest, pageOf, pageQuery, realmParams, timeMs, uuid } from './fields.ts'
import { isolation, poolName } from './fleet.ts'
import { realmLimits } from './limits.ts'
import { defineRoutes } from './route.ts'

export const realm = z.object({
  id: uuid,
  account: uuid,
  name: z.string(),
  kind: z.enum(['script', 'module']).nullable(),
  /** Live deployment; null: nothing deployed yet. */
  deployment: digest.nullable(),
  /** `refused`: answered 503 with `reason`. */
  state: z.enum(['live', 'refused']),
  reason: z.string().nullable(),
  /** Reachable under `/u/<key>/` too. */
  pathForm: z.boolean(),
  /** What the realm's owner set over the limits of its deployment. */
  limits: realmLimits.partial(),
  /** Where its owner wants it to run; left out: anywhere. */
  runsIn: z.object({ pool: z.string().nullable(), isolation: isolation.nullable() }).optional(),
  /** Where its first key answers; null when every key is revoked. */
  url: z.string().nullable(),
  /** Its own origin, where it has an alias. */
  origin: z.string().nullable(),
  createdAtMs: timeMs,
})
export type Realm = z.output<typeof realm>

export const realmRoutes = defineRoutes({
  create: {
    method: 'POST',
    path: '/realms',
    summary: 'Create a realm and its first key, whose alias is the name where that is free',
    access: 'account',
    body: z.strictObject({ name: alias }),
    answer: realm,
    errors: ['ALREADY_EXISTS'],
  },
  list: {
    method: 'GET',
    path: '/realms',
    summary: 'List realms; operators see those of every account',
    access: 'account',
    query: pageQuery,
    answer: pageOf(realm),
    errors: [],
  },
  get: {
    method: 'GET',
    path: '/realms/:realm',
    summary: 'Show a realm',
    access: 'account',
    params: realmParams,
    answer: realm,
    errors: ['NOT_FOUND'],
  },
  update: {
    method: 'PATCH',
    path: '/realms/:realm',
    summary: 'Rename a realm, set its limits, say where it runs, switch its path form',
    access: 'account',
    params: realmParams,
    body: z.strictObject({
      name: alias.optional(),
      limits: realmLimits.partial().optional(),
      pathForm: z.boolean().optional(),
      /** The only pool that it may run in, and the weakest border that it may run behind; null: any. */
      runsIn: z
        .strictObject({
          pool: poolName.nullable().default(null),
          isolation: isolation.nullable().default(null),
        })
        .optional(),
      /** Operators alone: refuse the realm with this reason, or null to let it answer again. */
      refuse: z.string().trim().min(1).max(500).nullable().optional(),
    }),
    answer: realm,
    errors: ['NOT_FOUND', 'ALREADY_EXISTS', 'NO_CAPACITY'],
  },
  delete: {
    method: 'DELETE',
    path: '/realms/:realm',
    summary: 'Delete a realm with its keys, deployments, objects, files and logs',
    access: 'account',
    params: realmParams,
    answer: null,
    errors: ['NOT_FOUND'],
  },
})
