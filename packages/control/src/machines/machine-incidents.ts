import { PLATFORM } from '../caller.ts'
import type { ControlContext } from '../control-context.ts'
import { change } from '../database/change.ts'

/** Something that no honest machine or agent does. */
export interface Incident {
  /** The machine that it was done to or by; what a peer says, not more than 63 characters. */
  machine: string
  /** `machine.refuse`: an agent was turned away. `machine.lie`: an agent that joined said what cannot be. */
  action: 'machine.refuse' | 'machine.lie'
  /** In a few words, for the operator. */
  why: string
  details?: Record<string, unknown>
  /** Machines that are to be replaced for it. */
  accused: readonly string[]
}

const MINUTE_MS = 60_000
/** A flood of incidents must fill neither the disk nor the database's time. */
const AUDITED_PER_MINUTE = 60

/** Realms named in the audit of one lie. */
const NAMED_REALMS = 5

/** Writes incidents into the audit and has machines replaced that cannot be trusted. */
export class MachineIncidents {
  readonly #context: ControlContext
  readonly #condemn: (machine: string, reason: string) => Promise<void>
  #minute = 0
  #audited = 0
  #skipped = 0

  constructor(context: ControlContext, condemn: (machine: string, reason: string) => Promise<void>) {
    this.#context = context
    this.#condemn = condemn
  }

  /** In the audit when it resolves; of a flood, only the first of each minute, and how many were left out. */
  async report({ machine, action, why, details, accused }: Incident): Promise<void> {
    const { log } = this.#context
    if (this.#mayAudit()) {
      const skipped = this.#skipped > 0 ? { leftOutBefore: this.#skipped } : {}
      this.#skipped = 0
      log('warn', 'An agent did what no honest one does', { machine, action, why })
      const all = { why, ...details, ...skipped, ...(accused.length > 0 ? { replaced: accused } : {}) }
      const entry = { caller: PLATFORM, action, target: machine, details: all }
      await change(this.#context, entry, async () => undefined)
    } else {
      this.#skipped += 1
    }
    for (const one of accused) await this.#condemn(one, why)
  }

  /** A joined agent spoke of realms that its machine has nothing to do with. Nothing to do when there are none. */
  async lied(machine: string, why: string, realms: readonly string[]): Promise<void> {
    if (realms.length === 0) return
    const details = { realms: realms.slice(0, NAMED_REALMS), count: realms.length }
    await this.report({ machine, action: 'machine.lie', why, details, accused: [machine] })
  }

  #mayAudit(): boolean {
    const minute = Math.floor(this.#context.clock.monotonicMs() / MINUTE_MS)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#audited = 0
    }
    this.#audited += 1
    return this.#audited <= AUDITED_PER_MINUTE
  }
}
