import { setTimeout as delay } from 'node:timers/promises'
import type { EC2Client } from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import { findResources, type OwnedResource } from './find-resources.ts'
import { removeResource } from './remove-resource.ts'

/** What is younger may belong to a launch that goes on. */
const STRAY_AGE_MS = 3_600_000
const LOOK_MS = 2_000

export interface StraySweep {
  ec2: EC2Client
  owner: string
  nowMs: number
  /** Name of the launch template in use. */
  template: string
}

/**
 * Removes what nothing uses and no machine will: volumes, interfaces and spot requests whose instance is gone, templates of agents of before.
 * Machines are not its business: whoever keeps the fleet finds those that nobody knows by \`list\`. Gives what it removed.
 */
export async function sweepStrays({ ec2, owner, nowMs, template }: StraySweep): Promise<OwnedResource[]> {
  const isStray = ({ kind, idle, createdAtMs, name }: OwnedResource) => {
    if (kind === 'instance' || kind === 'security group' || !idle || name === template) return false
    return createdAtMs === null || nowMs - createdAtMs > STRAY_AGE_MS
  }
  const removed: OwnedResource[] = []
  for (const one of (await findResources(ec2, owner)).filter(isStray))
    if ((await removeResource(ec2, one)) === 'removed') removed.push(one)
  return removed
}

export interface WholeSweep {
  ec2: EC2Client
  owner: string
  /** Default: what bears the owner's tag. */
  find?(): Promise<OwnedResource[]>
  signal: AbortSignal
  /** Longest time until all is gone. */
  withinMs: number
  onRemoved(resource: OwnedResource): void
}

/** Removes everything of this owner, machines that run included, and resolves when nothing is left. TIMEOUT says what is. */
export async function sweepAll(sweep: WholeSweep): Promise<void> {
  const { ec2, owner, signal, withinMs, onRemoved } = sweep
  const find = sweep.find ?? (() => findResources(ec2, owner))
  const untilMs = performance.now() + withinMs
  const told = new Set<string>()
  for (;;) {
    const left = await find()
    if (left.length === 0) return
    for (const one of left) {
      if ((await removeResource(ec2, one)) === 'later' || told.has(one.id)) continue
      told.add(one.id)
      onRemoved(one)
    }
    if (performance.now() > untilMs) throw stillThere(left)
    await delay(LOOK_MS, undefined, { signal })
  }
}

function stillThere(left: readonly OwnedResource[]): PlatformError {
  const names = left.map(({ kind, id }) => `${kind} ${id}`).join(', ')
  return new PlatformError(
    'TIMEOUT',
    `aws-ec2 provider: still there: ${names}; run it again, or look at what holds them`,
  )
}
