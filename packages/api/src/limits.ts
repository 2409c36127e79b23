import type { RealmLimits } from '@openzimki/core'
import { z } from 'zod'

const upTo = (max: number) => z.number().int().min(1).max(max)

/** What an owner may set; the maxima are the platform's hard ceilings. */
export const realmLimits = z.strictObject({
  cpuMs: upTo(60_000),
  wallMs: upTo(300_000),
  memoryMb: z.number().int().min(8).max(1024),
  requestBytes: upTo(256 * 1024 * 1024),
  responseBytes: upTo(256 * 1024 * 1024),
  concurrency: upTo(10_000),
  remoteCalls: z.number().int().min(0).max(1000),
}) satisfies z.ZodType<RealmLimits>
