import { expect } from '@jest/globals'
import type { TestRealm } from '../../module-kind/testing/test-realm.ts'

/** A piece of code that closes over nothing, so that it runs in the isolate as well as here. */
export type Snippet = () => unknown

/** Runs the snippet in both places; what it returns, or the name of what it throws, must be the same. */
export async function expectSameAsNode(realm: TestRealm, snippet: Snippet): Promise<void> {
  const ours = await realm.run(`(${observe})(${snippet})`)
  const theirs = JSON.parse(JSON.stringify(await observe(snippet)))
  expect(ours).toEqual(theirs)
}

async function observe(snippet: Snippet): Promise<unknown> {
  const plain = (value: unknown): unknown => {
    if (value === undefined) return 'undefined'
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
    if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
    if (Array.isArray(value)) return value.map(plain)
    if (ArrayBuffer.isView(value))
      return ['bytes', ...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)]
    if (value instanceof ArrayBuffer) return ['buffer', ...new Uint8Array(value)]
    if (Error.isError(value)) return `error ${(value as Error).name}`
    return value
  }
  try {
    return plain(await snippet())
  } catch (error) {
    return `throws ${(error as Error)?.name ?? String(error)}`
  }
}
