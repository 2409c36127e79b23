import { SUMMARY } from '../inspect.ts'
import { toPairs } from '../pairs.ts'
import { requireArguments, toUSVString } from '../webidl.ts'
import { parseUrlEncoded, serializeUrlEncoded } from './url-encoded.ts'

type Pair = [name: string, value: string]

let attachParams: (params: URLSearchParams, changed: (query: string) => void) => void
let refillParams: (params: URLSearchParams, query: string) => void

/** https://url.spec.whatwg.org/#interface-urlsearchparams */
export class URLSearchParams {
  #pairs: Pair[] = []
  #changed: ((query: string) => void) | null = null

  constructor(init: unknown = '') {
    if ((typeof init === 'object' && init !== null) || typeof init === 'function') {
      this.#pairs = toPairs(init, 'URLSearchParams').map(([name, value]) => [
        name.toWellFormed(),
        value.toWellFormed(),
      ])
      return
    }
    const text = toUSVString(init)
    this.#pairs = parseUrlEncoded(text.startsWith('?') ? text.slice(1) : text)
  }

  get size(): number {
    return this.#pairs.length
  }

  append(name: string, value: string): void {
    requireArguments(arguments.length, 2, 'URLSearchParams.append')
    this.#pairs.push([toUSVString(name), toUSVString(value)])
    this.#update()
  }

  delete(name: string, value?: string): void {
    requireArguments(arguments.length, 1, 'URLSearchParams.delete')
    const isIt = matcher(name, value)
    this.#pairs = this.#pairs.filter((pair) => !isIt(pair))
    this.#update()
  }

  get(name: string): string | null {
    requireArguments(arguments.length, 1, 'URLSearchParams.get')
    return this.#pairs.find(matcher(name))?.[1] ?? null
  }

  getAll(name: string): string[] {
    requireArguments(arguments.length, 1, 'URLSearchParams.getAll')
    return this.#pairs.filter(matcher(name)).map((pair) => pair[1])
  }

  has(name: string, value?: string): boolean {
    requireArguments(arguments.length, 1, 'URLSearchParams.has')
    return this.#pairs.some(matcher(name, value))
  }

  set(name: string, value: string): void {
    requireArguments(arguments.length, 2, 'URLSearchParams.set')
    const isIt = matcher(name)
    const text = toUSVString(value)
    const first = this.#pairs.find(isIt)
    if (first) first[1] = text
    else this.#pairs.push([toUSVString(name), text])
    this.#pairs = this.#pairs.filter((pair) => pair === first || first === undefined || !isIt(pair))
    this.#update()
  }

  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    this.#update()
  }

  toString(): string {
    return serializeUrlEncoded(this.#pairs)
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void {
    requireArguments(arguments.length, 1, 'URLSearchParams.forEach')
    if (typeof callback !== 'function')
      throw new TypeError('URLSearchParams.forEach: the argument must be a function')
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this)
  }

  *entries(): Generator<Pair, undefined> {
    for (let index = 0; index < this.#pairs.length; index++) {
      const [name, value] = this.#pairs[index]!
      yield [name, value]
    }
  }

  *keys(): Generator<string, undefined> {
    for (const [name] of this.entries()) yield name
  }

  *values(): Generator<string, undefined> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): Generator<Pair, undefined> {
    return this.entries()
  }

  [SUMMARY](): string {
    const shown = this.#pairs.map((pair) => pair.map((text) => JSON.stringify(text)).join(' => '))
    return shown.length > 0 ? `URLSearchParams { ${shown.join(', ')} }` : 'URLSearchParams {}'
  }

  #update(): void {
    this.#changed?.(this.toString())
  }

  static {
    attachParams = (params, changed) => {
      params.#changed = changed
    }
    refillParams = (params, query) => {
      params.#pairs = parseUrlEncoded(query)
    }
  }
}

function matcher(name: unknown, value?: unknown): (pair: Pair) => boolean {
  const wantedName = toUSVString(name)
  if (value === undefined) return (pair) => pair[0] === wantedName
  const wantedValue = toUSVString(value)
  return (pair) => pair[0] === wantedName && pair[1] === wantedValue
}

/** For URL: be told of each change, and take over a new query without telling. */
export { attachParams, refillParams }
