import type { LogEntry } from '@openzimki/core'
import { z } from 'zod'
import { validated } from '../validated.ts'
import type { LogStore } from './log-store.ts'
import type { MachineRealms } from './machine-realms.ts'

const MAX_ENTRIES = 10_000

const entries = z
  .array(
    z.object({
      timeMs: z.number().min(0).max(8_640_000_000_000_000),
      realm: z.string().max(64),
      deployment: z.string().max(64),
      request: z.string().max(64).nullable(),
      level: z.enum(['debug', 'info', 'warn', 'error']),
      text: z.string(),
    }),
  )
  .max(MAX_ENTRIES)

/** Takes what agents say that realms logged; lines of realms that the machine never had are dropped. */
export class LogIntake {
  readonly #logs: LogStore
  readonly #machineRealms: MachineRealms

  constructor(logs: LogStore, machineRealms: MachineRealms) {
    this.#logs = logs
    this.#machineRealms = machineRealms
  }

  /** INVALID_ARGUMENT for anything but log entries. */
  async append(machine: string, reported: unknown): Promise<void> {
    const believed: LogEntry[] = []
    for (const entry of validated(entries, reported)) {
      const booking = await this.#machineRealms.find(machine, entry.realm)
      if (booking) believed.push({ ...entry, realm: booking.realm })
    }
    if (believed.length > 0) await this.#logs.append(believed)
  }
}
