import { SUMMARY } from './inspect.ts'
import { toPairs } from './pairs.ts'
import { trim } from './trim.ts'
import { requireArguments } from './webidl.ts'

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const UPPER = /[A-Z]/
const BAD_VALUE = /[\0\r\n]|[^\0-\xff]/

let listOf: (headers: Headers) => string[]
let headersFromList: (list: string[], immutable: boolean) => Headers

/**
 * https://fetch.spec.whatwg.org/#headers-class. Server side, so no name is forbidden; `immutable` is the only guard.
 * Kept as a flat list `name, value, ...` with names in lower case, in the order they were added.
 */
export class Headers {
  #list: string[] = []
  #immutable = false
  /** What iteration shows, until the next change. */
  #sorted: [string, string][] | null = null

  constructor(init?: unknown) {
    if (init === undefined) return
    if (init instanceof Headers) {
      this.#list = [...init.#list]
      return
    }
    for (const [name, value] of toPairs(init, 'Headers')) this.append(name, value)
  }

  append(name: string, value: string): void {
    requireArguments(arguments.length, 2, 'Headers.append')
    const key = toName(name)
    const text = toValue(key, value)
    this.#guard()
    this.#list.push(key, text)
  }

  delete(name: string): void {
    requireArguments(arguments.length, 1, 'Headers.delete')
    const key = toName(name)
    this.#guard()
    this.#list = without(this.#list, key)
  }

  get(name: string): string | null {
    requireArguments(arguments.length, 1, 'Headers.get')
    const key = toName(name)
    const list = this.#list
    let found: string | null = null
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] === key) found = found === null ? list[at + 1]! : `${found}, ${list[at + 1]}`
    }
    return found
  }

  getSetCookie(): string[] {
    const found: string[] = []
    for (let at = 0; at < this.#list.length; at += 2) {
      if (this.#list[at] === 'set-cookie') found.push(this.#list[at + 1]!)
    }
    return found
  }

  has(name: string): boolean {
    requireArguments(arguments.length, 1, 'Headers.has')
    return indexOf(this.#list, toName(name)) >= 0
  }

  set(name: string, value: string): void {
    requireArguments(arguments.length, 2, 'Headers.set')
    const key = toName(name)
    const text = toValue(key, value)
    this.#guard()
    const at = indexOf(this.#list, key)
    if (at < 0) {
      this.#list.push(key, text)
      return
    }
    this.#list = [...this.#list.slice(0, at), key, text, ...without(this.#list.slice(at + 2), key)]
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void {
    requireArguments(arguments.length, 1, 'Headers.forEach')
    if (typeof callback !== 'function')
      throw new TypeError('Headers.forEach: the argument must be a function')
    for (const [name, value] of this) callback.call(thisArg, value, name, this)
  }

  /** As the standard has it: sorted by name, and what is added while iterating is seen. */
  *entries(): Generator<[string, string], undefined> {
    for (let index = 0; ; index++) {
      this.#sorted ??= sorted(this.#list)
      const pair = this.#sorted[index]
      if (!pair) return
      yield [pair[0], pair[1]]
    }
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.entries()) yield name
  }

  *values(): Generator<string, undefined> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): Generator<[string, string], undefined> {
    return this.entries()
  }

  [SUMMARY](): string {
    const shown = sorted(this.#list).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    return shown.length > 0 ? `Headers { ${shown.join(', ')} }` : 'Headers {}'
  }

  /** Before each change. */
  #guard(): void {
    this.#sorted = null
    if (!this.#immutable) return
    throw new TypeError(
      'These headers are immutable: copy them with new Headers(headers) and change the copy',
    )
  }

  static {
    listOf = (headers) => headers.#list
    headersFromList = (list, immutable) => {
      const headers = new Headers()
      headers.#list = list
      headers.#immutable = immutable
      return headers
    }
  }
}

function indexOf(list: string[], key: string): number {
  for (let at = 0; at < list.length; at += 2) if (list[at] === key) return at
  return -1
}

function without(list: string[], key: string): string[] {
  const kept: string[] = []
  for (let at = 0; at < list.length; at += 2) if (list[at] !== key) kept.push(list[at]!, list[at + 1]!)
  return kept
}

/** "Sort and combine": one pair a name, but each `set-cookie` for itself. */
function sorted(list: string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at]!
    const same = name === 'set-cookie' ? undefined : pairs.find((pair) => pair[0] === name)
    if (same) same[1] += `, ${list[at + 1]}`
    else pairs.push([name, list[at + 1]!])
  }
  return pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function toName(name: unknown): string {
  const text = `${name as string}`
  if (!NAME.test(text)) throw new TypeError(`Headers: ${JSON.stringify(text)} is not a valid header name`)
  return UPPER.test(text) ? text.toLowerCase() : text
}

const isHttpSpace = (unit: number): boolean => unit === 9 || unit === 10 || unit === 13 || unit === 32

function toValue(name: string, value: unknown): string {
  const text = trim(`${value as string}`, isHttpSpace)
  if (BAD_VALUE.test(text)) {
    throw new TypeError(`Headers: the value of "${name}" holds a character that headers cannot carry`)
  }
  return text
}

/** For the platform: the flat list itself, and headers around such a list, which is not checked again. */
export { headersFromList, listOf }
