import { PlatformError } from '@openzimki/core'
import type { MachineSpec, Offering } from './contract.ts'

/** INVALID_ARGUMENT: there is no such size or zone, or it cannot be prepared. NO_CAPACITY: it is used up. */
export function requireOffered(spec: MachineSpec, offerings: Offering[]): void {
  const sizes = offerings.filter((offering) => offering.size === spec.size)
  const fitting = sizes.filter((offering) => spec.zone === null || offering.zone === spec.zone)
  if (fitting.length === 0) {
    const known = [...new Set(offerings.map(({ size, zone }) => `${size} in ${zone}`))].join(', ')
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `size ${spec.size}${spec.zone === null ? '' : ` in zone ${spec.zone}`} is not offered; there is ${known || 'nothing'}`,
    )
  }
  if (spec.prepared && fitting.every(({ prepares }) => prepares === false)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `machines of size ${spec.size} cannot be prepared: choose another size, or launch them to run at once`,
    )
  }
  if (fitting.some(({ capacity }) => capacity === null || capacity > 0)) return
  throw new PlatformError(
    'NO_CAPACITY',
    `no more machines of size ${spec.size} can be launched: destroy one, choose another size, or raise the limit`,
  )
}
