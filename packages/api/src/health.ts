import { z } from 'zod'
import { defineRoutes } from './route.ts'

export const healthRoutes = defineRoutes({
  get: {
    method: 'GET',
    path: '/health',
    summary: 'Say whether the platform can take deployments',
    access: 'public',
    answer: z.object({ status: z.enum(['ok', 'degraded']), version: z.string(), machines: z.number().int() }),
    errors: [],
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'Describe this API in OpenAPI 3.1',
    access: 'public',
    answer: z.record(z.string(), z.unknown()),
    errors: [],
  },
})
