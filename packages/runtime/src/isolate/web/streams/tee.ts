import { promiseThen } from '../primordials.ts'
import { quietDeferred } from './deferred.ts'
import { ReadableCore } from './readable-core.ts'

interface Branch {
  core: ReadableCore
  isCancelled: boolean
  reason: unknown
}

/** https://streams.spec.whatwg.org/#rs-default-tee: both get the very same chunks; the slower one queues. */
export function tee(core: ReadableCore): [ReadableCore, ReadableCore] {
  const link = core.lock()
  const cancelled = quietDeferred<undefined>()
  let isReading = false
  let readAgain = false

  const pull = (): undefined => {
    if (isReading) {
      readAgain = true
      return
    }
    isReading = true
    core.read({ onChunk: (chunk) => deliver(chunk), onClose: () => finish(), onError: () => undefined })
  }
  const makeBranch = (): Branch => {
    const cancel = (reason: unknown): Promise<undefined> => {
      branch.isCancelled = true
      branch.reason = reason
      if (branches.every((each) => each.isCancelled)) {
        cancelled.resolve(core.cancel(branches.map((each) => each.reason)))
      }
      return cancelled.promise
    }
    const branch: Branch = {
      core: new ReadableCore({ pull, cancel }, 1, null),
      isCancelled: false,
      reason: undefined,
    }
    return branch
  }
  const branches: Branch[] = [makeBranch(), makeBranch()]

  const deliver = (chunk: unknown): void => {
    queueAfterReads(() => {
      readAgain = false
      for (const branch of branches) if (!branch.isCancelled) branch.core.enqueue(chunk)
      isReading = false
      if (readAgain) pull()
    })
  }
  const finish = (): void => {
    isReading = false
    for (const branch of branches) if (!branch.isCancelled) branch.core.requestClose()
    if (branches.some((each) => !each.isCancelled)) cancelled.resolve(undefined)
  }
  promiseThen(link.closed.promise, undefined, (error) => {
    for (const branch of branches) branch.core.fail(error)
    if (branches.some((each) => !each.isCancelled)) cancelled.resolve(undefined)
  })
  for (const branch of branches) branch.core.started()
  return [branches[0]!.core, branches[1]!.core]
}

/** A microtask later, so that an error of the source wins over a chunk that came with it. */
const queueAfterReads = (task: () => void): void => void promiseThen(Promise.resolve(), task)
