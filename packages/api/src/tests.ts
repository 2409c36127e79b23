import { z } from 'zod'
import { realmParams } from './fields.ts'
import { defineRoutes } from './route.ts'

/** One `assert` or `assertEquals`. */
export const testPoint = z.object({
  ok: z.boolean(),
  name: z.string(),
  /** Why it failed. */
  message: z.string().nullable(),
})

/** One unit test file. */
export const testResult = z.object({
  name: z.string(),
  ok: z.boolean(),
  /** What `plan` promised; null: no plan. */
  planned: z.number().nullable(),
  points: z.array(testPoint),
  /** The test threw, or its plan was wrong. */
  error: z.string().nullable(),
})
export type TestResult = z.output<typeof testResult>

export const testRoutes = defineRoutes({
  run: {
    method: 'POST',
    path: '/realms/:realm/tests',
    summary:
      'Run the unit tests of the live deployment, on a throw-away copy of the realm unless told otherwise',
    access: 'account',
    params: realmParams,
    body: z.strictObject({
      /** False: in the realm itself, on its own data. */
      copy: z.boolean().default(true),
      /** Only these tests. */
      names: z.array(z.string().max(400)).max(1000).optional(),
    }),
    answer: z.object({ ok: z.boolean(), tap: z.string(), tests: z.array(testResult) }),
    errors: ['NOT_FOUND', 'SCRIPT_ERROR', 'QUARANTINED', 'NO_CAPACITY', 'TIMEOUT', 'UNAVAILABLE'],
  },
})
