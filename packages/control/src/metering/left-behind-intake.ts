import { PlatformError } from '@openzimki/core'
import type { ControlLog } from '../control-context.ts'
import type { LeftBehind } from '../control-options.ts'
import type { MachineIncidents } from '../machines/machine-incidents.ts'
import type { LogIntake } from './log-intake.ts'
import type { UsageIntake } from './usage-intake.ts'

export interface LeftBehindIntakeOptions {
  usage: UsageIntake
  logs: LogIntake
  incidents: MachineIncidents
  log: ControlLog
}

/** Takes what a machine that is gone could not ship any more. */
export class LeftBehindIntake {
  readonly #options: LeftBehindIntakeOptions

  constructor(options: LeftBehindIntakeOptions) {
    this.#options = options
  }

  /**
   * Counted once, however often this is called and whatever the machine had shipped already, because windows and batches carry
   * their numbers. What is no window or batch is left out. Rejects when it could not be written down; then nothing is forgotten.
   */
  async take(machine: string, left: LeftBehind): Promise<void> {
    const { usage, logs, incidents } = this.#options
    const foreign = new Set<string>()
    const take = async (one: unknown, report: (said: unknown) => Promise<{ refused: string[] }>) => {
      const { refused } = await this.#unlessMalformed(machine, () => report(one))
      for (const realm of refused) foreign.add(realm)
    }
    for await (const window of left.windows()) await take(window, (said) => usage.report(machine, said))
    for await (const batch of left.logs()) await take(batch, (said) => logs.ship(machine, said))
    await incidents.lied(machine, 'it left usage or logs of realms that it did not have then', [...foreign])
  }

  async #unlessMalformed(
    machine: string,
    report: () => Promise<{ refused: string[] }>,
  ): Promise<{ refused: string[] }> {
    try {
      return await report()
    } catch (thrown) {
      const error = PlatformError.from(thrown)
      if (error.code !== 'INVALID_ARGUMENT') throw error
      this.#options.log('warn', 'A machine left something malformed behind', {
        machine,
        error: error.message,
      })
      return { refused: [] }
    }
  }
}
