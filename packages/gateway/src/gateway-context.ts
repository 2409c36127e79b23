import type { AnswerReader } from './answer-reader.ts'
import type { CellFinder } from './cell-finder.ts'
import type { GatewayBounds, GatewayLog } from './gateway-options.ts'
import type { HeadWriter } from './head-writer.ts'
import type { NextTurn } from './next-turn.ts'
import type { Traffic } from './traffic.ts'

/** What every request of a gateway shares. */
export interface GatewayContext {
  readonly finder: CellFinder
  readonly traffic: Traffic
  readonly headWriter: HeadWriter
  readonly answerReader: AnswerReader
  readonly nextTurn: NextTurn
  readonly bounds: GatewayBounds
  readonly log: GatewayLog
}
