/** The value of `default`: leave what the template has there. */
export const DEFAULT: unique symbol = Symbol('default')

/** Ways from any value to code or to prototypes that all objects share. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'constructor',
  '__proto__',
  'prototype',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  'caller',
  'callee',
])

/**
 * One step of a path: a property or, where it is a function, the result of calling it on the object, without arguments.
 * Nothing there is `undefined`, and so is what every object has from Object.prototype.
 */
export function readMember(value: unknown, name: string): unknown {
  if (value === null || value === undefined || value === DEFAULT) return undefined
  const holder = Object(value) as Record<string, unknown>
  const isOwn = Object.hasOwn(holder, name)
  if (!isOwn && (FORBIDDEN.has(name) || !(name in holder))) return undefined
  const member = holder[name]
  if (typeof member !== 'function') return member
  if (FORBIDDEN.has(name)) return undefined
  if (!isOwn && member === (Object.prototype as unknown as Record<string, unknown>)[name]) return undefined
  return Reflect.apply(member, value, [])
}

/**
 * Truth as the template languages have it: false are nothing, `false`, 0, NaN, the empty text, the text "0" and an empty
 * array.
 */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return Boolean(value) && value !== '0'
}

/** Nothing is the empty text. */
export function asText(value: unknown): string {
  return value === null || value === undefined ? '' : String(value)
}

/** What `repeat` walks: nothing is empty; an array or any other iterable but a string; any other value is a list of one. */
export function asList(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value
  if (typeof value === 'object' && Symbol.iterator in value && typeof value[Symbol.iterator] === 'function')
    return [...(value as Iterable<unknown>)]
  return [value]
}
