import { PlatformError } from './errors.ts'

/** JSON, as it travels and rests. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * Values of a program as JSON and back. A Date becomes `{ "$date": "<ISO 8601>" }`; a key of the program's own that
 * starts with `$` gets a second `$`. Runs in the isolate and outside, so it uses nothing but the language.
 */
export function encodeValue(value: unknown, path = ''): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw unstorable(path, `${value} is not a finite number`)
  }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw unstorable(path, 'it is an invalid Date')
    return { $date: value.toISOString() }
  }
  if (Array.isArray(value)) return value.map((item, index) => encodeValue(item ?? null, `${path}[${index}]`))
  if (isPlainObject(value)) return encodeObject(value, path)
  if (typeof value === 'function')
    throw unstorable(path, 'a function cannot be stored; the prototype of a class may have methods')
  throw unstorable(path, `a ${typeof value === 'object' ? 'class instance' : typeof value} cannot be stored`)
}

function encodeObject(value: object, path: string): Json {
  const encoded: { [key: string]: Json } = {}
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue
    const name = key.startsWith('$') ? `$${key}` : key
    Object.defineProperty(encoded, name, {
      value: encodeValue(item, path ? `${path}.${key}` : key),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return encoded
}

/** The inverse of encodeValue. */
export function decodeValue(value: Json): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(decodeValue)
  if (typeof value.$date === 'string') return new Date(value.$date)
  const decoded: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const name = key.startsWith('$$') ? key.slice(1) : key
    Object.defineProperty(decoded, name, {
      value: decodeValue(item),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return decoded
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function unstorable(path: string, why: string): PlatformError {
  const property = path || 'the value'
  return new PlatformError('INVALID_ARGUMENT', `${property} cannot be stored: ${why}`, {
    details: { property },
  })
}
