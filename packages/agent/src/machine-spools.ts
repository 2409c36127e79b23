import { join } from 'node:path'
import type { LogBatch, UsageWindow } from '@openzimki/core'
import { parseUsageWindow } from '@openzimki/meter'
import { z } from 'zod'
import { DiskSpool } from './disk-spool.ts'

/** Of each kind, for each agent. */
export const SPOOL_MAX_BYTES = 64 << 20

/** Control checks entries again, which may come from a cell; here it is enough that they are what an agent wrote. */
const logBatch = z.object({
  source: z.string(),
  sequence: z.number().int().min(1),
  entries: z.array(z.custom<LogBatch['entries'][0]>((entry) => typeof entry === 'object' && entry !== null)),
})

export const SPOOL_KINDS = {
  usage: { suffix: '.usage.jsonl', sync: true, parse: parseUsageWindow },
  // A power cut may lose the last lines of a log, as it may where control keeps them.
  logs: { suffix: '.log.jsonl', sync: false, parse: (value: unknown): LogBatch => logBatch.parse(value) },
} as const

export const spoolDir = (stateDir: string): string => join(stateDir, 'spool')

/** What an agent keeps for control while it is away. */
export interface MachineSpools {
  usage: DiskSpool<UsageWindow>
  logs: DiskSpool<LogBatch>
}

export async function openSpools(stateDir: string): Promise<MachineSpools> {
  const bounds = { dir: spoolDir(stateDir), maxBytes: SPOOL_MAX_BYTES }
  return {
    usage: await DiskSpool.open({ ...bounds, ...SPOOL_KINDS.usage }),
    logs: await DiskSpool.open({ ...bounds, ...SPOOL_KINDS.logs }),
  }
}
