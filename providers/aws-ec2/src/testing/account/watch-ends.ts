import { setTimeout as delay } from 'node:timers/promises'
import type { EC2Client } from '@aws-sdk/client-ec2'
import type { Budget } from './budget.ts'
import { endedInstances } from './find-run.ts'

export interface WatchOptions {
  ec2: EC2Client
  run: string
  budget: Budget
  everyMs: number
}

/** Tells the budget of machines that ended, until it is closed; a look that fails is made again. */
export function watchEnds({ ec2, run, budget, everyMs }: WatchOptions): { close(): Promise<void> } {
  const end = new AbortController()
  const look = async () => budget.ended(await endedInstances(ec2, run))
  const watching = (async () => {
    while (!end.signal.aborted) {
      // What is not known to have ended stays put aside, which is no harm.
      await look().catch(() => undefined)
      await delay(everyMs, undefined, { signal: end.signal }).catch(() => undefined)
    }
  })()
  return {
    close: async () => {
      end.abort()
      await watching
      await look().catch(() => undefined)
    },
  }
}
