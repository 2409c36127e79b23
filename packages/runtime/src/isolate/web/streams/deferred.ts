import { promiseThen, promiseWithResolvers } from '../primordials.ts'

const ignore = (): undefined => undefined

/** A promise of the platform's own whose rejection counts as handled: somebody may look at it, nobody has to. */
export function quietDeferred<T>(): PromiseWithResolvers<T> {
  const deferred = promiseWithResolvers<T>()
  promiseThen(deferred.promise, undefined, ignore)
  return deferred
}

/** Marks a rejection as handled. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promiseThen(promise, undefined, ignore)
  return promise
}
