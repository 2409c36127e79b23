import { PlatformError } from '@openzimki/core'
import type { ControlLog } from '../control-context.ts'
import type { MachineOptions } from '../control-options.ts'
import type { IncarnationOf } from './machine-registry.ts'

/** Asks the infrastructure, for machines of pools that are started again by it. */
export function incarnations(machines: MachineOptions | null, log: ControlLog): IncarnationOf {
  const pools = machines?.pools ?? []
  return async (machine, name) => {
    const pool = name === null ? pools[0] : pools.find((one) => one.name === name)
    if (pool?.provider.manifest.restartsMachines !== true) return null
    try {
      const { incarnation } = await pool.provider.inspect(machine)
      if (incarnation) return incarnation
    } catch (error) {
      log('warn', 'Which start of a machine this is could not be asked', { machine, error: String(error) })
    }
    // Not final to an agent: it asks again.
    throw new PlatformError('UNAVAILABLE', 'whether this machine was started again cannot be told now')
  }
}
