import type { CellStatus, IsolateLoad } from '@openzimki/core'
import { z } from 'zod'
import { validated } from '../validated.ts'

/** Of what one machine may say. */
const MAX_CELLS = 2_000
const MAX_ISOLATES = 20_000

/** A figure that may be anything: less than nothing, or no number, would draw realms to the machine, or push them away. */
const figure = (most: number) =>
  z
    .unknown()
    .transform((said) =>
      typeof said === 'number' && Number.isFinite(said) && said > 0 ? Math.min(said, most) : 0,
    )

const load = z.object({
  waiting: figure(100_000),
  perSecond: figure(1_000_000),
  busy: figure(1),
  cpus: figure(4_096),
})

const isolate = z.object({
  realm: z.string().max(64),
  deployment: z.string().max(64),
  heapBytes: figure(2 ** 50),
  active: figure(100_000),
  overrunMs: figure(Number.MAX_SAFE_INTEGER),
  idleMs: figure(Number.MAX_SAFE_INTEGER),
  /** An agent of the release before says nothing of it. */
  load: load.optional(),
})

const cellList = z
  .array(
    z.object({
      cell: z.string().max(200),
      cordon: z.string().max(256).nullable(),
      address: z.string().max(300),
      pid: figure(Number.MAX_SAFE_INTEGER),
      rssBytes: figure(2 ** 50),
      cpus: figure(4_096).optional(),
      isolates: z.array(isolate).max(MAX_ISOLATES),
    }),
  )
  .max(MAX_CELLS)

/** What an agent says of its cells, in shape and within what its machine can have. INVALID_ARGUMENT when it is something else. */
export function believedCells(said: unknown, { cpus }: { cpus: number }): CellStatus[] {
  const cells = validated(cellList, said)
  const loads = cells.flatMap(({ isolates }) => isolates.flatMap((one) => (one.load ? [one.load] : [])))
  const sum = (of: readonly { cpus?: number | undefined }[]) =>
    of.reduce((total, one) => total + (one.cpus ?? 0), 0)
  scale(loads, cpus / sum(loads))
  scale(cells, cpus / sum(cells))
  return cells as CellStatus[]
}

/** No machine burns more than it has. */
function scale(of: readonly { cpus?: number | undefined }[], by: number): void {
  if (by < 1) for (const one of of) if (one.cpus !== undefined) one.cpus *= by
}

/** Of a deployment of which nothing is known yet. */
export const NO_LOAD: IsolateLoad = { waiting: 0, perSecond: 0, busy: 0, cpus: 0 }
