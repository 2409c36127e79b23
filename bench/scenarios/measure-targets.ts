import { interleave, type Rounds } from '../measure/interleave.ts'
import type { LoadResult } from '../measure/load.ts'
import { treeMemoryBytes } from '../measure/process-memory.ts'
import { median } from '../measure/statistics.ts'
import type { RunningTarget, Target } from '../targets/target.ts'
import type { BenchContext } from './scenario.ts'

/** Until V8 has optimised what runs; the same for all. */
export const WARM_UP_SECONDS = 5

export interface TargetFigures {
  results: Rounds<LoadResult>
  /** Megabytes of each after its load, the median of its starts; NaN where the system does not tell. */
  memoryMb: Map<string, number>
}

interface Measured {
  load: LoadResult
  memoryMb: number
}

/**
 * Loads the targets in turns, each started anew and warmed up for each of its rounds: on which processors the threads of one start come to rest makes more of a
 * difference than one round and the next.
 */
export async function measureTargets(
  context: BenchContext,
  targets: readonly Target[],
): Promise<TargetFigures> {
  const byName = new Map(targets.map((target) => [target.name, target]))
  const measured = await interleave([...byName.keys()], context.rounds, async (name, round) => {
    const one = await measureStart(context, byName.get(name)!)
    const rate = Math.round(one.load.requestsPerSecond)
    context.say(`round ${round + 1} of ${context.rounds}: ${name} ${rate} requests/s`)
    return one
  })
  const each = <T>(of: (all: Measured[]) => T) => new Map([...measured].map(([name, all]) => [name, of(all)]))
  return {
    results: each((all) => all.map(({ load }) => load)),
    memoryMb: each((all) => median(all.map(({ memoryMb }) => memoryMb))),
  }
}

async function measureStart(context: BenchContext, target: Target): Promise<Measured> {
  const running = await target.start()
  try {
    await loadOne(context, running, WARM_UP_SECONDS)
    const load = await loadOne(context, running, context.seconds)
    return { load, memoryMb: (treeMemoryBytes(running.pid) ?? Number.NaN) / 1e6 }
  } finally {
    await running.stop()
  }
}

export function loadOne(
  context: BenchContext,
  { url, host }: RunningTarget,
  seconds: number,
): Promise<LoadResult> {
  return context.load.run({
    url,
    ...(host === undefined ? {} : { host }),
    seconds,
    connections: context.connections,
  })
}
