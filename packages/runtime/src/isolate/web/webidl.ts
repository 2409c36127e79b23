/** WebIDL conversions and the manner in which interfaces appear on the global object. */

/** USVString: lone surrogates become U+FFFD. Throws TypeError for symbols. */
export const toUSVString = (value: unknown): string => `${value as string}`.toWellFormed()

/** Throws the TypeError that a call with too few arguments deserves. */
export function requireArguments(given: number, needed: number, what: string): void {
  if (given >= needed) return
  throw new TypeError(`${what} needs ${needed} argument${needed === 1 ? '' : 's'}, but was given ${given}`)
}

/** An optional dictionary: undefined and null are empty, other primitives are refused. */
export function toDictionary(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' || typeof value === 'function') return value as Record<string, unknown>
  throw new TypeError(`${what} must be an object`)
}

export const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

/** A global as WebIDL has it: not enumerable, replaceable by the program. */
export function defineGlobal(global: object, name: string, value: unknown): void {
  Object.defineProperty(global, name, { value, writable: true, configurable: true, enumerable: false })
}

// biome-ignore lint/suspicious/noExplicitAny: any class at all, as in the standard library's own type for mixins
type AnyClass = abstract new (...args: any[]) => object

/** Shows a class as a web interface: its name survives bundling, its members are enumerable, it has a string tag. */
export function defineInterface(global: object, name: string, interfaceClass: AnyClass): void {
  Object.defineProperty(interfaceClass, 'name', { value: name, configurable: true })
  showMembers(interfaceClass.prototype, 'constructor')
  showMembers(interfaceClass, 'prototype')
  Object.defineProperty(interfaceClass.prototype, Symbol.toStringTag, { value: name, configurable: true })
  defineGlobal(global, name, interfaceClass)
}

function showMembers(target: object, except: string): void {
  for (const key of Object.getOwnPropertyNames(target)) {
    const member = Object.getOwnPropertyDescriptor(target, key)
    if (key === except || !member?.configurable || key === 'name' || key === 'length') continue
    Object.defineProperty(target, key, { ...member, enumerable: true })
  }
}
