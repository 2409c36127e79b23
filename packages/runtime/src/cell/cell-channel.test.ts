import { expect, it } from '@jest/globals'
import type { FromCell, LogEntry } from '@openzimki/core'
import type { Cell } from './cell.ts'
import { CellChannel, LogShipper } from './cell-channel.ts'
import type { CellMeter } from './cell-meter.ts'

it('a cell that is told to end sends what was logged last, though there is no usage to wait for', async () => {
  const sent: FromCell[] = []
  const send = (message: FromCell): unknown => sent.push(message)
  const logs = new LogShipper(send)
  const ended = Promise.withResolvers<void>()
  const channel = new CellChannel({
    ...{ send, logs, end: ended.resolve },
    cell: { active: 0 } as Cell,
    meter: { flush: () => undefined, empty: true } as CellMeter,
  })
  const entry: LogEntry = {
    ...{ timeMs: 1, realm: 'r', deployment: 'd', request: null },
    ...{ level: 'info', text: 'the last' },
  }
  logs.add(entry)
  channel.receive({ type: 'drain' })
  await ended.promise
  expect(sent).toEqual([{ type: 'log', entries: [entry] }])
})
