import type { DoorAnswer, HostDoor } from '../../host-door.ts'
import { createModuleKind, type ModuleKind } from '../create-module-kind.ts'

/** isolated-vm's Reference to the test's own function. */
interface HostReference {
  applySync(self: undefined, args: unknown[], options: object): DoorAnswer
}

interface Prelude {
  kind: ModuleKind
  connect(host: HostReference): void
  /** The answer to `call` number `id`. */
  settle(id: number, error: string | null, payload: string, bytes: ArrayBuffer | null): void
  /** Runs a function of the test and posts what comes of it. */
  run(id: number, task: () => unknown): Promise<void>
}

const COPY = { arguments: { copy: true }, result: { copy: true } }
const pending = new Map<number, PromiseWithResolvers<DoorAnswer>>()
let last = 0
let door: HostDoor | null = null

const prelude: Prelude = {
  kind: createModuleKind({ door: () => door!, global: globalThis }),
  connect(host) {
    const apply = (
      kind: string,
      id: number,
      operation: string,
      payload: string,
      bytes?: ArrayBuffer | string,
    ): DoorAnswer => host.applySync(undefined, [kind, id, operation, payload, bytes], COPY)
    door = {
      post: (operation, payload, bytes) => void apply('post', 0, operation, payload, bytes),
      callSync: (operation, payload, bytes) => apply('callSync', 0, operation, payload, bytes),
      call: (operation, payload, bytes) => {
        const deferred = Promise.withResolvers<DoorAnswer>()
        pending.set(++last, deferred)
        apply('call', last, operation, payload, bytes)
        return deferred.promise
      },
    }
  },
  settle(id, error, payload, bytes) {
    const deferred = pending.get(id)!
    pending.delete(id)
    if (error === null) deferred.resolve({ payload, bytes })
    else deferred.reject(new Error(error))
  },
  async run(id, task) {
    try {
      door!.post('test.done', JSON.stringify({ id, value: await task() }))
    } catch (error) {
      door!.post('test.done', JSON.stringify({ id, error: String((error as Error)?.stack ?? error) }))
    }
  },
}

Object.assign(globalThis, { prelude })
