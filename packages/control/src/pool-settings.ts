import { PlatformError } from '@openzimki/core'
import { z } from 'zod'

const count = z.number().int().min(0).max(10_000)

const poolSettings = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be lower-case letters, digits and hyphens'),
    /** Pools of one group are as good as each other, and share what they need. */
    group: z.string().min(1).max(40).nullable().default(null),
    /** Adapter by name, package or folder. */
    provider: z.string().min(1),
    /** What that adapter is told; it checks it itself. */
    config: z.unknown().default({}),
    /** Left out: the first that the provider offers. */
    size: z.string().min(1).optional(),
    zone: z.string().min(1).nullable().default(null),
    floor: count.default(0),
    ceiling: count.min(1),
    spares: count.default(0),
    /** Installed and not running: what is needed is started from these first. */
    prepared: count.default(0),
    priceCeiling: z.number().positive().nullable().default(null),
    joinSeconds: z.number().positive().max(3_600).optional(),
  })
  .refine(({ floor, ceiling }) => floor <= ceiling, 'its floor must not be above its ceiling')

const poolsFile = z
  .array(poolSettings)
  .min(1, 'must name at least one pool')
  .max(100)
  .refine(
    (pools) => new Set(pools.map(({ name }) => name)).size === pools.length,
    'names of pools must differ',
  )

/** A pool as an operator writes it down. */
export type PoolSettings = z.output<typeof poolSettings>

/** Pools in order of preference. INVALID_ARGUMENT names the pool and the setting that is wrong. */
export function parsePools(value: unknown): PoolSettings[] {
  const parsed = poolsFile.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the list'}: ${message}`)
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `The pools cannot be used: ${faults.join('; ')}. See docs/how-to/pools.md`,
  )
}
