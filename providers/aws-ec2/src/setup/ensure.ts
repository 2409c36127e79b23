import { setTimeout as delay } from 'node:timers/promises'
import { errorName } from '../map-error.ts'
import type { SetupClients } from './setup-clients.ts'
import type { SetupConfig } from './setup-config.ts'

/** What every step of a set-up has. */
export interface SetupRun extends SetupClients {
  setup: SetupConfig
  print(line: string): void
  signal: AbortSignal
  /** Before AWS is asked again, which shows what it just made only after a while. */
  pauseMs: number
}

interface Step<T> {
  /** For people: `VPC`. */
  name: string
  find(): Promise<T | undefined>
  create(): Promise<T>
  idOf(found: T): string
}

const TRIES = 8
/** What was made a moment ago is not known everywhere yet. */
const NOT_YET = /NotFound(Exception)?$|^NoSuchEntity/
/** Whether it was made is not known. */
const NO_ANSWER =
  /^(TimeoutError|RequestTimeout|Unavailable|ServiceUnavailable|Internal(Error|Failure)|Throttling.*|RequestLimitExceeded|ECONNRESET|EPIPE)$/

/** Finds it or makes it, and looks again before it makes it a second time. */
export async function ensure<T>(run: SetupRun, { name, find, create, idOf }: Step<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    const found = await find()
    if (found !== undefined) {
      run.print(`${name} ${idOf(found)} is there`)
      return found
    }
    try {
      const made = await create()
      run.print(`${name} ${idOf(made)} made`)
      return made
    } catch (thrown) {
      if (left <= 1 || !isPassing(thrown)) throw thrown
      await delay(run.pauseMs, undefined, { signal: run.signal })
    }
  }
}

/** Repeats what may be repeated while AWS does not know yet what it depends on. */
export async function settled<T>(run: SetupRun, work: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await work()
    } catch (thrown) {
      if (left <= 1 || !isPassing(thrown)) throw thrown
      await delay(run.pauseMs, undefined, { signal: run.signal })
    }
  }
}

const isPassing = (thrown: unknown): boolean => {
  const names = [errorName(thrown), String((thrown as { code?: unknown } | null)?.code)]
  return names.some((name) => NOT_YET.test(name) || NO_ANSWER.test(name))
}
