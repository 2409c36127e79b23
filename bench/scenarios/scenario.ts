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
  /** It is worked out and not measured: it needs no peers and no load, and runs alone too where neither is there. */
  isSimulated?: boolean
  run(context: BenchContext): Promise<ResultTable>
}
