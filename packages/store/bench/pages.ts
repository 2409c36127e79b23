import { randomUUIDv7 } from 'node:crypto'
import type { ObjectStore, Operation } from '../src/contract.ts'

const AUTHORS = 50_000
const KINDS = ['note', 'photo', 'draft', 'talk', 'list']

/** The nth object of the benchmark, created as a program creates one: five properties, text and numbers, many and few different values. */
export function page(n: number): Operation {
  const data = {
    title: `Page number ${n * 7_919} of the wiki`,
    author: `user-${(n * 31) % AUTHORS}`,
    kind: KINDS[n % KINDS.length]!,
    views: (n * 104_729) % 1_000_003,
    rating: (n % 50) / 10,
  }
  return { op: 'put', className: 'Page', id: randomUUIDv7(), data, ifVersion: 0 }
}

const BATCH = 500

/** Fills a realm with `count` pages. */
export async function fill(objects: ObjectStore, realm: string, count: number): Promise<void> {
  await objects.batch(realm, 1, [{ op: 'createClass', className: 'Page' }])
  for (let n = 0; n < count; n += BATCH) {
    const operations = Array.from({ length: Math.min(BATCH, count - n) }, (_, index) => page(n + index))
    await objects.batch(realm, 1, operations)
    if (n % 100_000 === 0) process.stderr.write(`\r${n} of ${count} objects`)
  }
  process.stderr.write('\r')
}
