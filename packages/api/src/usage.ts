import { z } from 'zod'
import { pageQuery, queryTimeMs, realmParams, timeMs, uuid } from './fields.ts'
import { defineRoutes } from './route.ts'

/** Sums of core's UsageAmounts, plus how many requests did not end well. */
export const usageAmounts = z.object({
  requests: z.number(),
  errors: z.number(),
  cpuNs: z.number(),
  jsops: z.number(),
  wallMs: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  egressBytes: z.number(),
  storeReads: z.number(),
  storeWrites: z.number(),
})

export const usageRow = usageAmounts.extend({
  /** The function's name, the key's UUID, or the hour's start in ISO 8601, as asked for. */
  group: z.string(),
  /** Of a key, where it has one. */
  alias: z.string().nullable(),
})
export type UsageRow = z.output<typeof usageRow>

/** From inclusive, to exclusive, in whole hours: `from` is rounded down, `to` up. */
const period = { from: queryTimeMs.optional(), to: queryTimeMs.optional() }

export const usageRoutes = defineRoutes({
  get: {
    method: 'GET',
    path: '/realms/:realm/usage',
    summary: 'Show what the realm used, by function, key or hour; the last 30 days unless told otherwise',
    access: 'account',
    params: realmParams,
    query: pageQuery.extend({ ...period, by: z.enum(['function', 'key', 'hour']).default('function') }),
    answer: z.object({
      realm: uuid,
      by: z.enum(['function', 'key', 'hour']),
      fromMs: timeMs,
      toMs: timeMs,
      items: z.array(usageRow),
      next: z.string().nullable(),
      /** Of the whole period, whatever the page. */
      totals: usageAmounts,
    }),
    errors: ['NOT_FOUND'],
  },
  readings: {
    method: 'GET',
    path: '/realms/:realm/readings',
    summary: 'Stream the signed, hash-chained readings of the realm as JSON Lines, oldest first',
    access: 'account',
    params: realmParams,
    query: z.strictObject(period),
    answer: { kind: 'lines' },
    errors: ['NOT_FOUND'],
  },
  providerKey: {
    method: 'GET',
    path: '/provider/key',
    summary: 'Show the public key with which readings are verified',
    access: 'public',
    answer: z.object({ provider: z.string(), publicKeyPem: z.string() }),
    errors: [],
  },
})
