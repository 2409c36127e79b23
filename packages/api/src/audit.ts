import { z } from 'zod'
import { pageOf, pageQuery, queryTimeMs, timeMs } from './fields.ts'
import { defineRoutes } from './route.ts'

export const auditRecord = z.object({
  id: z.string(),
  timeMs,
  /** Whose account did it; `platform` for what nobody asked for; null: not known. */
  account: z.string().nullable(),
  /** Name of the token, or `platform`. */
  actor: z.string(),
  /** `noun.verb`. `machine.refuse`: an agent was turned away. `machine.lie`: one said what cannot be. */
  action: z.string(),
  /** Id of what was changed or meant. */
  target: z.string(),
  details: z.record(z.string(), z.unknown()),
})
export type AuditRecord = z.output<typeof auditRecord>

export const auditRoutes = defineRoutes({
  list: {
    method: 'GET',
    path: '/audit',
    summary: 'List what was changed, by whom, and who was turned away; newest first',
    access: 'operator',
    query: pageQuery.extend({
      action: z.string().min(1).max(100).optional(),
      target: z.string().min(1).max(200).optional(),
      /** Not before this, and before that. */
      from: queryTimeMs.optional(),
      to: queryTimeMs.optional(),
    }),
    answer: pageOf(auditRecord),
    errors: [],
  },
})
