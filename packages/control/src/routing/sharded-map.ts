const SHARDS = 256

/**
 * An immutable map whose changed copy shares all that did not change: `with` copies 256 pointers and the shards it touches,
 * so a new snapshot costs the same whether there are ten realms or fifty thousand.
 */
export class ShardedMap<V> implements ReadonlyMap<string, V> {
  readonly size: number
  readonly #shards: readonly (ReadonlyMap<string, V> | undefined)[]

  constructor(shards: readonly (ReadonlyMap<string, V> | undefined)[] = [], size = 0) {
    this.#shards = shards
    this.size = size
  }

  /** A map with these entries set; `undefined` takes an entry away. */
  with(changes: Iterable<readonly [string, V | undefined]>): ShardedMap<V> {
    const shards = this.#shards.length > 0 ? [...this.#shards] : new Array<undefined>(SHARDS).fill(undefined)
    const copies = new Map<number, Map<string, V>>()
    let size = this.size
    for (const [key, value] of changes) {
      const index = shardOf(key)
      const copy = copies.get(index) ?? new Map(shards[index])
      copies.set(index, copy)
      size -= copy.size
      if (value === undefined) copy.delete(key)
      else copy.set(key, value)
      size += copy.size
    }
    for (const [index, copy] of copies) (shards as (ReadonlyMap<string, V> | undefined)[])[index] = copy
    return new ShardedMap(shards, size)
  }

  get(key: string): V | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  has(key: string): boolean {
    return this.#shards[shardOf(key)]?.has(key) ?? false
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void, thisArg?: unknown): void {
    for (const [key, value] of this) callback.call(thisArg, value, key, this)
  }

  *entries(): MapIterator<[string, V]> {
    for (const shard of this.#shards) if (shard) yield* shard.entries()
    return undefined
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key
    return undefined
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value
    return undefined
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }
}

function shardOf(key: string): number {
  let hash = 0
  for (let index = 0; index < key.length; index++) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) | 0
  return (hash ^ (hash >>> 8) ^ (hash >>> 16)) & (SHARDS - 1)
}
