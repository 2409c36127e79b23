import { PlatformError } from '@openzimki/core'
import type { z } from 'zod'

/** What a peer sent, as the schema wants it. INVALID_ARGUMENT names the first thing that is wrong. */
export function validated<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const place = issue?.path.map(String).join('.') ?? ''
  throw new PlatformError('INVALID_ARGUMENT', `${place}: ${issue?.message}`.slice(0, 300))
}
