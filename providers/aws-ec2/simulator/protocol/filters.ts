import { Ec2Error } from './ec2-error.ts'
import type { Filter } from './parameters.ts'

type Field = string | number | boolean | null | undefined
/** Names of filters, and what a resource has there; several values match when one does. */
export type FilterFields<T> = Record<string, (resource: T) => Field | Field[]>

interface Tagged {
  tags: Map<string, string>
}

/** All filters must match, and of each filter one value; `*` and `?` stand for any text and any character. */
export function filtered<T extends Tagged>(all: T[], filters: Filter[], fields: FilterFields<T>): T[] {
  const tests = filters.map(({ Name, Value }) => {
    const valuesOf = readerOf(Name, fields)
    const patterns = Value.map(pattern)
    return (one: T) => valuesOf(one).some((value) => patterns.some((test) => test.test(value)))
  })
  return tests.length === 0 ? all : all.filter((one) => tests.every((test) => test(one)))
}

function readerOf<T extends Tagged>(name: string, fields: FilterFields<T>): (resource: T) => string[] {
  if (name.startsWith('tag:')) {
    const key = name.slice('tag:'.length)
    return ({ tags }) => (tags.has(key) ? [tags.get(key) ?? ''] : [])
  }
  if (name === 'tag-key') return ({ tags }) => [...tags.keys()]
  if (name === 'tag-value') return ({ tags }) => [...tags.values()]
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (!field) throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`)
  return (resource) =>
    [field(resource)]
      .flat()
      .filter((value) => value !== null && value !== undefined)
      .map(String)
}

function pattern(value: string): RegExp {
  const source = value.replace(/\\?[\s\S]/g, (one) => {
    if (one === '*') return '[\\s\\S]*'
    if (one === '?') return '[\\s\\S]'
    return one.slice(-1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${source}$`)
}
