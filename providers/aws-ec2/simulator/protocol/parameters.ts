import { z } from 'zod'
import { Ec2Error } from './ec2-error.ts'
import type { QueryTree } from './query-tree.ts'

// The words that actions describe their parameters with. Everything arrives as text; an object knows all its names, so
// that a parameter which is not simulated is refused and not silently ignored.

export const text = z.string().max(65_535)
export const whole = z
  .string()
  .regex(/^-?\d{1,12}$/)
  .transform(Number)
export const number = z
  .string()
  .regex(/^-?\d{1,12}(?:\.\d{1,12})?$/)
  .transform(Number)
export const flag = z.enum(['true', 'false']).transform((one) => one === 'true')
export const time = z
  .string()
  .refine((one) => Number.isFinite(Date.parse(one)))
  .transform((one) => Date.parse(one))
export const many = <T extends z.ZodType>(one: T) => z.array(one).default([])
export const group = <T extends z.ZodRawShape>(shape: T) => z.strictObject(shape)

export const tag = group({ Key: text.max(128), Value: text.max(256).default('') })
export const tagSpecifications = many(group({ ResourceType: text, Tag: many(tag) }))
export const filters = many(group({ Name: text, Value: many(text) }))
/** Of every describe that pages. */
export const paging = { MaxResults: whole.optional(), NextToken: text.optional() }

export type Tag = z.output<typeof tag>
export type TagSpecification = z.output<typeof tagSpecifications>[number]
export type Filter = z.output<typeof filters>[number]

/** Checks a request against what the action takes; refuses in EC2's words. */
export function parseParameters<T extends z.ZodType>(
  schema: T,
  tree: Record<string, QueryTree>,
): z.output<T> {
  const parsed = schema.safeParse(tree)
  if (parsed.success) return parsed.data
  throw refusal(parsed.error.issues[0], tree)
}

function refusal(issue: z.core.$ZodIssue | undefined, tree: QueryTree): Ec2Error {
  const path = issue?.path ?? []
  const name = path.map((part) => (typeof part === 'number' ? part + 1 : String(part))).join('.')
  if (issue?.code === 'unrecognized_keys') {
    const unknown = [name, issue.keys[0]].filter(Boolean).join('.')
    return new Ec2Error('UnknownParameter', `The parameter ${unknown} is not recognized`)
  }
  const value = valueAt(tree, path)
  if (value === undefined) {
    return new Ec2Error('MissingParameter', `The request must contain the parameter ${name}`)
  }
  const shown = typeof value === 'string' ? value : JSON.stringify(value)
  return new Ec2Error('InvalidParameterValue', `Value (${shown}) for parameter ${name} is invalid.`)
}

function valueAt(tree: QueryTree, path: PropertyKey[]): QueryTree | undefined {
  let value: QueryTree | undefined = tree
  for (const part of path) {
    if (typeof value !== 'object') return undefined
    value = Object.entries(value).find(([name]) => name === String(part))?.[1]
  }
  return value
}
