import { PlatformError, type UsageWindow } from '@openzimki/core'
import { list, record, type Shape, whole } from './shape.ts'
import { amountShapes, functionShape, idShape, outcomeShape } from './usage-shapes.ts'

const MAX_ROWS = 100_000

const windowShape: Shape = record({
  source: idShape,
  sequence: whole(1),
  startMs: whole(),
  endMs: whole(),
  rows: list(
    record({
      account: idShape,
      realm: idShape,
      key: idShape,
      deployment: idShape,
      function: functionShape,
      outcome: outcomeShape,
      ...amountShapes,
    }),
    MAX_ROWS,
  ),
})

/**
 * Takes a usage window from a cell or an agent, which may lie: every amount a whole number from 0, every label bounded,
 * nothing else in it. Whether that cell may charge that realm is for the caller. Throws INVALID_ARGUMENT.
 */
export function parseUsageWindow(value: unknown): UsageWindow {
  const window = value as UsageWindow
  const wrong =
    windowShape(value, '') ?? (window.endMs < window.startMs ? 'endMs must not be before startMs' : null)
  if (wrong === null) return window
  throw new PlatformError('INVALID_ARGUMENT', `This is not a usage window: ${wrong}.`)
}
