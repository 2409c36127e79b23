import { z } from 'zod'
import { pageOf, pageQuery, realmParams, timeMs } from './fields.ts'
import { defineRoutes } from './route.ts'

const level = z.enum(['debug', 'info', 'warn', 'error'])

/** `id` grows with each entry of the realm; it is the cursor of pages and of Last-Event-ID. */
export const logLine = z.object({
  id: z.string(),
  timeMs,
  deployment: z.string(),
  request: z.string().nullable(),
  level,
  text: z.string(),
})
export type LogLine = z.output<typeof logLine>

export const logRoutes = defineRoutes({
  list: {
    method: 'GET',
    path: '/realms/:realm/logs',
    summary: 'Read the log of the realm, oldest first; without `after` the last `limit` entries',
    access: 'account',
    params: realmParams,
    query: pageQuery.extend({ level: level.optional(), request: z.string().max(100).optional() }),
    answer: pageOf(logLine),
    errors: ['NOT_FOUND'],
  },
  follow: {
    method: 'GET',
    path: '/realms/:realm/logs/follow',
    summary: 'Follow the log of the realm; Last-Event-ID (or `after`) goes on where a connection broke',
    access: 'account',
    params: realmParams,
    query: z.strictObject({
      after: z.string().max(50).optional(),
      /** Entries from before now that come first, when neither cursor is given. */
      tail: z.coerce.number<number>().int().min(0).max(1000).default(0),
    }),
    answer: { kind: 'events', event: logLine },
    errors: ['NOT_FOUND', 'QUOTA_EXCEEDED'],
  },
})
