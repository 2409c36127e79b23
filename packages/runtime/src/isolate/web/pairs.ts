/**
 * The union that Headers and URLSearchParams take: a sequence of pairs or a record. A value with an iterator is a
 * sequence, any other object a record of its own enumerable properties.
 */
export function toPairs(init: unknown, what: string): [string, string][] {
  if ((typeof init !== 'object' && typeof init !== 'function') || init === null) {
    throw new TypeError(`${what}: the argument must be a list of pairs or an object`)
  }
  const iterator = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator]
  if (iterator === undefined || iterator === null) return recordPairs(init, what)
  const pairs: [string, string][] = []
  for (const item of init as Iterable<Iterable<unknown>>) {
    if ((typeof item !== 'object' && typeof item !== 'function') || item === null) {
      throw new TypeError(`${what}: each item of the list must be a pair of name and value`)
    }
    const pair = [...item]
    if (pair.length !== 2)
      throw new TypeError(`${what}: each item of the list must be a pair of name and value`)
    pairs.push([`${pair[0] as string}`, `${pair[1] as string}`])
  }
  return pairs
}

function recordPairs(record: object, what: string): [string, string][] {
  const pairs: [string, string][] = []
  for (const key of Reflect.ownKeys(record)) {
    if (!Reflect.getOwnPropertyDescriptor(record, key)?.enumerable) continue
    if (typeof key === 'symbol') throw new TypeError(`${what}: a symbol cannot be a name`)
    pairs.push([key, `${(record as Record<string, string>)[key]}`])
  }
  return pairs
}
