import { interleave, type Rounds } from '../measure/interleave.ts'
import type { LoadResult } from '../measure/load.ts'
import { treeMemoryBytes } from '../measure/process-memory.ts'
import type { RunningTarget, Target } from '../targets/target.ts'
import type { BenchContext } from './scenario.ts'

/** Until V8 has optimised what runs; the same for all. */
export const WARM_UP_SECONDS = 5

export interface TargetFigures {
  results: Rounds<LoadResult>
  /** Megabytes of each after all its load; NaN where the system does not tell. */
  memoryMb: Map<string, number>
}

/** Starts all targets, warms each up, loads them in turns, and stops them whatever happens. */
export async function measureTargets(
  context: BenchContext,
  targets: readonly Target[],
): Promise<TargetFigures> {
  const running = new Map<string, RunningTarget>()
  try {
    for (const target of targets) {
      context.say(`starting ${target.name}`)
      running.set(target.name, await target.start())
    }
    for (const target of running.values()) await loadOne(context, target, WARM_UP_SECONDS)
    const results = await interleave([...running.keys()], context.rounds, async (name, round) => {
      const result = await loadOne(context, running.get(name), context.seconds)
      context.say(
        `round ${round + 1} of ${context.rounds}: ${name} ${Math.round(result.requestsPerSecond)} requests/s`,
      )
      return result
    })
    const memory = [...running].map(
      ([name, { pid }]) => [name, (treeMemoryBytes(pid) ?? Number.NaN) / 1e6] as const,
    )
    return { results, memoryMb: new Map(memory) }
  } finally {
    await Promise.all([...running.values()].map((target) => target.stop()))
  }
}

export function loadOne(
  context: BenchContext,
  target: RunningTarget | undefined,
  seconds: number,
): Promise<LoadResult> {
  if (!target) throw new Error('This target was never started')
  const { url, host } = target
  return context.load.run({
    url,
    ...(host === undefined ? {} : { host }),
    seconds,
    connections: context.connections,
  })
}
