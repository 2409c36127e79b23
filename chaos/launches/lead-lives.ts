import type { MachineProvider, MachineSpec } from '@openzimki/provider'
import { type Cycle, runCycle } from './launch-cycle.ts'
import type { LaunchesReport } from './launches-report.ts'

export interface Lives {
  count: number
  /** Machines whose lives are led at the same time. */
  atOnce: number
  provider: MachineProvider
  random: () => number
  specOf(id: string): MachineSpec
  say(line: string): void
}

/** Leads the lives of so many machines, some at a time. */
export async function leadLives({ count, atOnce, say, provider, random, specOf }: Lives): Promise<Cycle[]> {
  const cycles: Cycle[] = []
  let next = 0
  const lead = async (): Promise<void> => {
    while (next < count) {
      const id = `m-${(next++).toString(16).padStart(8, '0')}`
      cycles.push(await runCycle({ provider, spec: specOf(id), random }))
      if (cycles.length % 50 === 0) say(`${cycles.length} of ${count}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lead))
  return cycles
}

/** As control looks for strays: machines of ours that nobody wants. How many there were. One that stays is found by who looks after us. */
export async function sweep(provider: MachineProvider, say: (line: string) => void): Promise<number> {
  const strays = await provider.list()
  for (const { id } of strays) await provider.destroy(id).catch((error: unknown) => say(`${id}: ${error}`))
  return strays.length
}

export function sumUp(
  cycles: readonly Cycle[],
): Pick<LaunchesReport, 'launched' | 'failed' | 'abandoned' | 'destroys' | 'complaints'> {
  const of = (launch: Cycle['launch']) => cycles.filter((cycle) => cycle.launch === launch).length
  return {
    ...{ launched: of('done'), failed: of('failed'), abandoned: of('abandoned') },
    destroys: cycles.reduce((sum, { destroys }) => sum + destroys, 0),
    complaints: cycles.flatMap(({ complaints }) => complaints),
  }
}
