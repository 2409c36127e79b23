import { PlatformError } from '@openzimki/core'
import type { Offering } from '@openzimki/provider'
import type { CheckedDockerConfig, MachineSize } from './config.ts'

/** What an engine has, as `docker info` says. */
export interface HostSize {
  cpus: number
  memoryBytes: number
}

const DEFAULT_PIDS = 4_096

/** The sizes of the configuration that fit, or the one of the whole host without what its system needs. */
export function sizesOn(host: HostSize, config: CheckedDockerConfig): Record<string, MachineSize> {
  if (config.sizes) {
    return Object.fromEntries(
      Object.entries(config.sizes).filter(
        ([, { cpus, memoryBytes }]) => cpus <= host.cpus && memoryBytes <= host.memoryBytes,
      ),
    )
  }
  return { whole: { cpus: host.cpus, memoryBytes: Math.floor(host.memoryBytes * 0.75), pids: DEFAULT_PIDS } }
}

export function offeringsOf(
  sizes: Record<string, MachineSize>,
  zones: string[],
  capacity: number,
): Offering[] {
  return Object.entries(sizes).flatMap(([size, { cpus, memoryBytes }]) =>
    zones.map((zone) => ({ size, zone, cpus, memoryBytes, price: null, capacity })),
  )
}

/** INVALID_ARGUMENT: not offered here, or no more. */
export function requireSize(sizes: Record<string, MachineSize>, size: string): MachineSize {
  const found = sizes[size]
  if (found) return found
  throw new PlatformError(
    'INVALID_ARGUMENT',
    `size ${size} is not offered; there is ${Object.keys(sizes).join(', ') || 'none that fits this engine'}`,
  )
}
