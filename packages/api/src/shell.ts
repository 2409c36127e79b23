import { z } from 'zod'
import { realmParams } from './fields.ts'
import { defineRoutes } from './route.ts'

export const shellRoutes = defineRoutes({
  evaluate: {
    method: 'POST',
    path: '/realms/:realm/shell',
    summary: 'Evaluate JavaScript in the realm, on its own data',
    access: 'account',
    params: realmParams,
    body: z.strictObject({ source: z.string().max(1024 * 1024) }),
    bodyBytes: 4 * 1024 * 1024,
    /** `value` is for people to read; `json` is the value where it has a JSON form. A throw is SCRIPT_ERROR. */
    answer: z.object({ value: z.string(), json: z.unknown().optional() }),
    errors: [
      'NOT_FOUND',
      'SCRIPT_ERROR',
      'QUARANTINED',
      'NO_CAPACITY',
      'TIMEOUT',
      'UNAVAILABLE',
      'LIMIT_EXCEEDED',
    ],
  },
})
