import { isAlias, isDigest, isUuid } from '@openzimki/core'
import { z } from 'zod'

/** Fields that more than one noun has. */

export const uuid = z.string().refine(isUuid, 'must be a UUID in lower case')
export const digest = z.string().refine(isDigest, 'must be a SHA-256 in lower-case hex')
export const alias = z
  .string()
  .refine(isAlias, 'must be 1 to 63 of a-z, 0-9 and -, not start or end with -, and not be reserved')
/** UUID, or the name its owner gave it. */
export const uuidOrName = z.string().min(1).max(64)
/** A line of text for people, without control characters. */
export const title = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => !/\p{Cc}/u.test(text), 'must not have control characters')
/** Milliseconds since 1970. */
export const timeMs = z.number().int().min(0).max(8_640_000_000_000_000)
/** The same in a query string. */
export const queryTimeMs = z.coerce.number<number>().int().min(0).max(8_640_000_000_000_000)
export const flag = z.union([z.boolean(), z.stringbool()])

/** A variable of the environment. Names that every object inherits are refused: programs look them up in objects. */
export const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be a variable name')
  .refine((name) => !(name in Object.prototype), 'must not be a name that every object has')

export const realmParams = z.strictObject({ realm: uuidOrName })

/** Every list takes these. `after` is the `next` of the page before. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number<number>().int().min(1).max(1000).default(100),
  after: z.string().min(1).max(500).optional(),
})

/** Every list answers this; `next` is null on the last page. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable() })

export interface Page<T> {
  items: T[]
  next: string | null
}
