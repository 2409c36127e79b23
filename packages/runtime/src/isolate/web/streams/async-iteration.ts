import { promiseResolve, promiseThen } from '../primordials.ts'
import type { ReadableCore } from './readable-core.ts'
import { type ReadResult, readOnce } from './readable-reader.ts'

const asyncIteratorPrototype = Object.getPrototypeOf(
  Object.getPrototypeOf(async function* nothing() {
    yield
  }).prototype,
)

/**
 * `for await` over a stream, https://streams.spec.whatwg.org/#rs-asynciterator. Leaving the loop early cancels the stream
 * unless `preventCancel`. Calls wait for the one before.
 */
export function iterate(core: ReadableCore, preventCancel: boolean): AsyncIterableIterator<unknown> {
  core.lock()
  let ongoing: Promise<unknown> = promiseResolve(undefined)
  let isFinished = false

  const step = async (): Promise<ReadResult> => {
    if (isFinished) return { done: true, value: undefined }
    try {
      const result = await readOnce(core)
      if (result.done) finish()
      return result
    } catch (error) {
      finish()
      throw error
    }
  }
  const finish = (): void => {
    isFinished = true
    core.unlock()
  }
  const leave = async (value: unknown): Promise<ReadResult> => {
    if (isFinished) return { done: true, value }
    isFinished = true
    const cancelled = preventCancel ? undefined : core.cancel(value)
    core.unlock()
    await cancelled
    return { done: true, value }
  }
  const inTurn = (action: () => Promise<ReadResult>): Promise<ReadResult> => {
    ongoing = promiseThen(ongoing, action, action)
    return ongoing as Promise<ReadResult>
  }
  return Object.setPrototypeOf(
    { next: () => inTurn(step), return: (value?: unknown) => inTurn(() => leave(value)) },
    asyncIteratorPrototype,
  )
}
