import type { LoadGenerator } from '../measure/load.ts'
import type { ResultTable } from '../measure/results-page.ts'

export interface BenchContext {
  /** Root of the checkout. */
  root: string
  benchFolder: string
  load: LoadGenerator
  /** Rounds of each comparison; medians are of these. */
  rounds: number
  /** Seconds of load a round. */
  seconds: number
  connections: number
  say(line: string): void
}

export interface Scenario {
  name: string
  run(context: BenchContext): Promise<ResultTable>
}
