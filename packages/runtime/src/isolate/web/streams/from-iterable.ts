import { isObject } from '../webidl.ts'
import { ReadableCore, type ReadableSource } from './readable-core.ts'

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>

/** https://streams.spec.whatwg.org/#rs-from: the state machine of a stream over an iterable, synchronous or not. */
export function fromIterable(iterable: unknown): ReadableCore {
  const iterator = iteratorOf(iterable)
  const source: ReadableSource = {
    pull: async () => {
      const result = await iterator.next()
      if (!isObject(result)) throw new TypeError('ReadableStream.from: the iterator returned no object')
      if (result.done) core.requestClose()
      else core.enqueue(await result.value)
    },
    cancel: async (reason) => {
      const result = await iterator.return?.(reason)
      if (iterator.return && !isObject(result))
        throw new TypeError('ReadableStream.from: return gave no object')
    },
  }
  const core = new ReadableCore(source, 0, null)
  core.started()
  return core
}

function iteratorOf(iterable: unknown): AnyIterator {
  if (iterable === null || iterable === undefined)
    throw new TypeError('ReadableStream.from needs an iterable')
  const given = iterable as {
    [Symbol.asyncIterator]?: () => AnyIterator
    [Symbol.iterator]?: () => AnyIterator
  }
  const iterator = given[Symbol.asyncIterator] ? given[Symbol.asyncIterator]!() : given[Symbol.iterator]?.()
  if (!isObject(iterator)) throw new TypeError('ReadableStream.from needs an iterable')
  return iterator
}
