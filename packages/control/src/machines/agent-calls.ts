import type { ControlCalls, LogEntry } from '@openzimki/core'
import type { RpcHandlers } from '@openzimki/link'
import { z } from 'zod'
import type { ControlContext } from '../control-context.ts'
import type { LogIntake } from '../metering/log-intake.ts'
import type { UsageIntake } from '../metering/usage-intake.ts'
import { validated } from '../validated.ts'
import type { Reconciler } from './reconciler.ts'

/** What an agent that has joined may call. */
export type JoinedCalls = Omit<RpcHandlers<ControlCalls>, 'agent.join'>

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

export interface AgentCallsParts {
  context: ControlContext
  usage: UsageIntake
  logs: LogIntake
  reconciler: Reconciler
}

/** The calls of one machine's agent. What it says is checked, and believed of realms that the machine was given alone. */
export function agentCalls(
  { context, usage, logs, reconciler }: AgentCallsParts,
  machine: string,
): JoinedCalls {
  return {
    'usage.report': async (window) => {
      await usage.report(machine, window)
      return null
    },
    'log.append': async (entries) => {
      await logs.append(machine, entries)
      return null
    },
    'cell.gone': async (params) => {
      const { cell, reason, offenders } = validated(cellGone, params)
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
      return null
    },
  }
}
