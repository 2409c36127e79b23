import type { LogEntry, MachineNotice } from '@openzimki/core'
import type { CellEndpoint } from '@openzimki/placement'
import { z } from 'zod'
import type { ControlContext } from '../control-context.ts'
import type { LogIntake } from '../metering/log-intake.ts'
import type { MachineRealms } from '../metering/machine-realms.ts'
import type { UsageIntake } from '../metering/usage-intake.ts'
import { validated } from '../validated.ts'
import type { JoinedCalls } from './agent-hub.ts'
import type { MachineIncidents } from './machine-incidents.ts'
import type { Reconciler } from './reconciler.ts'

/** The last that a Date can hold. */
const LATEST_MS = 8.64e15

const cellGone = z.object({
  cell: z.string().max(64),
  cordon: z.string().max(200).nullable(),
  reason: z.string(),
  offenders: z
    .array(
      z.object({
        realm: z.string().max(64),
        deployment: z.string().max(64),
        reason: z.string(),
        refused: z.boolean(),
      }),
    )
    .max(10_000),
})

const spareCell = z.object({ cell: z.string().max(64), address: z.string().max(300) })

const machineNotice = z.object({
  kind: z.enum(['ends', 'endangered']),
  atMs: z.number().nonnegative().nullable(),
  reason: z.string(),
})

export interface AgentCallsParts {
  context: ControlContext
  usage: UsageIntake
  logs: LogIntake
  machineRealms: MachineRealms
  incidents: MachineIncidents
  reconciler: Reconciler
  /** The machine is to be replaced, emptied and removed. */
  leave: (machine: string, reason: string) => Promise<void>
  /** A cell of the machine is ready for whoever comes first. */
  spare: (machine: string, cell: CellEndpoint) => void
}

/** The calls of one machine's agent. What it says is checked, and believed of realms that the machine was given alone. */
export function agentCalls(parts: AgentCallsParts, machine: string): JoinedCalls {
  const { usage, logs, machineRealms, incidents } = parts
  return {
    'usage.report': async (window) => {
      const { refused } = await usage.report(machine, window)
      await incidents.lied(machine, 'it reported usage of realms that it did not have then', refused)
      return null
    },
    'log.ship': async (batch) => {
      const { refused } = await logs.ship(machine, batch)
      await incidents.lied(machine, 'it sent logs of realms that it never had', refused)
      return null
    },
    'machine.notice': async (params) => {
      await parts.leave(machine, noticeText(validated(machineNotice, params)))
      return null
    },
    'cell.spare': async (params) => {
      const { cell: id, address } = validated(spareCell, params)
      parts.spare(machine, { id, address })
      return null
    },
    'cell.gone': async (params) => {
      const gone = validated(cellGone, params)
      const realms = [...new Set(gone.offenders.map(({ realm }) => realm))]
      const foreign = await machineRealms.neverHad(machine, realms)
      const offenders = gone.offenders.filter(({ realm }) => !foreign.has(realm))
      await cellIsGone(parts, machine, { ...gone, offenders })
      await incidents.lied(machine, 'it accused realms that it never had', [...foreign])
      return null
    },
  }
}

/** A machine can say this of itself alone, and gains nothing by it but its end. */
function noticeText({ kind, atMs, reason }: MachineNotice): string {
  const what = kind === 'ends' ? 'its infrastructure will end it' : 'its infrastructure may end it soon'
  const when = atMs === null || atMs > LATEST_MS ? '' : ` at ${new Date(atMs).toISOString()}`
  return `${what}${when}: ${reason.slice(0, 200)}`
}

async function cellIsGone(
  { context, reconciler, logs }: AgentCallsParts,
  machine: string,
  { cell, reason, offenders }: z.output<typeof cellGone>,
): Promise<void> {
  reconciler.cellGone(machine, cell, offenders)
  context.log('warn', 'A cell is gone', { machine, cell, reason: reason.slice(0, 500) })
  const told = offenders.map(
    (offender): LogEntry => ({
      timeMs: context.clock.nowMs(),
      realm: offender.realm,
      deployment: offender.deployment,
      request: null,
      level: 'error',
      text: offender.refused ? `refused from now on: ${offender.reason}` : offender.reason,
    }),
  )
  await logs.append(machine, told)
}
