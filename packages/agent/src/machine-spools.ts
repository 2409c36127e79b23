import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogBatch, UsageWindow } from '@openzimki/core'
import { parseUsageWindow } from '@openzimki/meter'
import { z } from 'zod'
import { DiskSpool } from './disk-spool.ts'

const MAX_BYTES = 64 << 20

/** Control checks entries again, which may come from a cell; here it is enough that they are what an agent wrote. */
const logBatch = z.object({
  source: z.string(),
  sequence: z.number().int().min(1),
  entries: z.array(z.custom<LogBatch['entries'][0]>((entry) => typeof entry === 'object' && entry !== null)),
})

/** What an agent keeps for control while it is away. */
export interface MachineSpools {
  usage: DiskSpool<UsageWindow>
  logs: DiskSpool<LogBatch>
}

export async function openSpools(stateDir: string): Promise<MachineSpools> {
  const dir = join(stateDir, 'spool')
  const bounds = { dir, maxBytes: MAX_BYTES }
  return {
    usage: await DiskSpool.open({ ...bounds, suffix: '.usage.jsonl', sync: true, parse: parseUsageWindow }),
    logs: await DiskSpool.open<LogBatch>({
      ...bounds,
      suffix: '.log.jsonl',
      sync: false,
      parse: (value) => logBatch.parse(value),
    }),
  }
}

/** What the agents of a machine that is gone could not ship; see LeftBehind of control. */
export interface LeftSpools {
  windows(): AsyncIterable<UsageWindow>
  logs(): AsyncIterable<LogBatch>
  /** Removes these folders of the machine. May be repeated. */
  forget(): Promise<void>
}

/** Reads the state folder of a machine whose process is gone, where it is on a disk of ours. No folder: nothing is left. */
export function leftSpools(stateDir: string, runDir: string): LeftSpools {
  return {
    windows: () => readAll(stateDir, 'usage'),
    logs: () => readAll(stateDir, 'logs'),
    forget: async () => {
      for (const folder of [stateDir, runDir]) await rm(folder, { recursive: true, force: true })
    },
  }
}

async function* readAll<K extends keyof MachineSpools>(
  stateDir: string,
  kind: K,
): AsyncIterable<K extends 'usage' ? UsageWindow : LogBatch> {
  const isThere = await readdir(stateDir).then(
    () => true,
    () => false,
  )
  if (!isThere) return
  const spool = (await openSpools(stateDir))[kind] as DiskSpool<never>
  for (const path of await spool.files()) yield* await spool.read(path)
}
