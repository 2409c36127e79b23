import { DOMException } from './dom-exception.ts'
import { requireArguments, toDictionary } from './webidl.ts'

const ERRORS: Record<string, ErrorConstructor> = {
  __proto__: null as never,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

/**
 * https://html.spec.whatwg.org/#dom-structuredclone for what the language itself has: primitives and their objects, Date,
 * RegExp, buffers and views, Map, Set, Error, arrays and plain objects, with cycles.
 */
export function structuredClone<T>(value: T, options?: { transfer?: Iterable<ArrayBuffer> }): T {
  requireArguments(arguments.length, 1, 'structuredClone')
  const transfer = toDictionary(options, 'structuredClone: the second argument').transfer ?? []
  const buffers = [...(transfer as Iterable<unknown>)]
  for (const buffer of buffers) {
    if (!(buffer instanceof ArrayBuffer) || buffer.detached) throw notCloneable('what is to be transferred')
  }
  const memory = new Map<object, unknown>()
  for (const buffer of new Set(buffers as ArrayBuffer[])) memory.set(buffer, buffer.transfer())
  return clone(value, memory) as T
}

const notCloneable = (what: string): DOMException =>
  new DOMException(`${what} could not be cloned`, 'DataCloneError')

function clone(value: unknown, memory: Map<object, unknown>): unknown {
  if (typeof value === 'symbol') throw notCloneable(String(value))
  if (typeof value === 'function') throw notCloneable(`the function ${value.name || '(anonymous)'}`)
  if (typeof value !== 'object' || value === null) return value
  if (memory.has(value)) return memory.get(value)
  const leaf = cloneLeaf(value, memory)
  if (leaf) {
    memory.set(value, leaf)
    return leaf
  }
  if (value instanceof Map) return cloneMap(value, memory)
  if (value instanceof Set) return cloneSet(value, memory)
  if (Array.isArray(value)) return cloneProperties(value, new Array(value.length), memory)
  if (isPlatformObject(value)) throw notCloneable(`an object of kind ${tagOf(value)}`)
  return cloneProperties(value, {}, memory)
}

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1)

/** Promises, weak collections, generators and web objects carry a tag; plain objects and the program's own classes do not. */
const isPlatformObject = (value: object): boolean => {
  const tag = tagOf(value)
  return tag !== 'Object' && tag !== 'Arguments' && !Object.hasOwn(value, Symbol.toStringTag)
}

function cloneLeaf(value: object, memory: Map<object, unknown>): object | null {
  if (value instanceof Date) return new Date(value.getTime())
  if (value instanceof RegExp) return new RegExp(value.source, value.flags)
  if (value instanceof ArrayBuffer) return value.slice()
  if (ArrayBuffer.isView(value)) return cloneView(value, memory)
  if (Error.isError(value)) return cloneError(value as Error, memory)
  if (
    value instanceof Number ||
    value instanceof String ||
    value instanceof Boolean ||
    value instanceof BigInt
  ) {
    return Object(value.valueOf())
  }
  return null
}

function cloneView(view: ArrayBufferView, memory: Map<object, unknown>): ArrayBufferView {
  const buffer = clone(view.buffer, memory) as ArrayBuffer
  const kind = view.constructor as new (
    buffer: ArrayBuffer,
    offset: number,
    length?: number,
  ) => ArrayBufferView
  const length = 'length' in view ? (view.length as number) : view.byteLength
  return new kind(buffer, view.byteOffset, length)
}

function cloneError(error: Error, memory: Map<object, unknown>): Error {
  const copy = new (ERRORS[error.name] ?? Error)()
  const message = Object.getOwnPropertyDescriptor(error, 'message')
  if (message && 'value' in message) hide(copy, 'message', `${message.value}`)
  hide(copy, 'stack', typeof error.stack === 'string' ? error.stack : '')
  memory.set(error, copy)
  if (Object.hasOwn(error, 'cause')) hide(copy, 'cause', clone(error.cause, memory))
  return copy
}

const hide = (target: object, key: string, value: unknown): void =>
  void Object.defineProperty(target, key, { value, writable: true, configurable: true })

function cloneMap(map: Map<unknown, unknown>, memory: Map<object, unknown>): Map<unknown, unknown> {
  const copy = new Map()
  memory.set(map, copy)
  for (const [key, item] of [...map]) copy.set(clone(key, memory), clone(item, memory))
  return copy
}

function cloneSet(set: Set<unknown>, memory: Map<object, unknown>): Set<unknown> {
  const copy = new Set()
  memory.set(set, copy)
  for (const item of [...set]) copy.add(clone(item, memory))
  return copy
}

function cloneProperties(value: object, copy: object, memory: Map<object, unknown>): object {
  memory.set(value, copy)
  for (const key of Object.keys(value)) {
    const item = clone((value as Record<string, unknown>)[key], memory)
    Object.defineProperty(copy, key, { value: item, writable: true, enumerable: true, configurable: true })
  }
  return copy
}
