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

const batch = z.object({
  source: z.uuid(),
  sequence: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  entries,
})

/** Realms of lines that were left out because the machine never had them. */
interface Taken {
  refused: string[]
}

/** Takes what agents say that realms logged; lines of realms that the machine never had are dropped. */
export class LogIntake {
  readonly #logs: LogStore
  readonly #machineRealms: MachineRealms

  constructor(logs: LogStore, machineRealms: MachineRealms) {
    this.#logs = logs
    this.#machineRealms = machineRealms
  }

  /** INVALID_ARGUMENT for anything but log entries. */
  async append(machine: string, reported: unknown): Promise<Taken> {
    const { believed, refused } = await this.#believed(machine, validated(entries, reported))
    if (believed.length > 0) await this.#logs.append(believed)
    return { refused }
  }

  /** A batch that is known already changes nothing. INVALID_ARGUMENT for anything but a batch. */
  async ship(machine: string, reported: unknown): Promise<Taken> {
    const { source, sequence, entries } = validated(batch, reported)
    const { believed, refused } = await this.#believed(machine, entries)
    await this.#logs.appendOnce({ machine, source, sequence }, believed)
    return { refused }
  }

  async #believed(
    machine: string,
    entries: readonly LogEntry[],
  ): Promise<{ believed: LogEntry[]; refused: string[] }> {
    const believed: LogEntry[] = []
    const refused = new Set<string>()
    for (const entry of entries) {
      const booking = await this.#machineRealms.find(machine, entry.realm)
      if (booking) believed.push({ ...entry, realm: booking.realm })
      else refused.add(entry.realm)
    }
    return { believed, refused: [...refused] }
  }
}
