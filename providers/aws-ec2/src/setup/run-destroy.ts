import { setTimeout as delay } from 'node:timers/promises'
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2'
import { PlatformError } from '@openzimki/core'
import { codeAs } from '../map-error.ts'
import type { SetupRun } from './ensure.ts'
import { findMachines, type SetupMachine } from './find-machines.ts'
import { findSetup, type SetupResource } from './find-setup.ts'
import { blobsThere, hasBlobs } from './remove-bucket.ts'
import { removePart } from './remove-part.ts'

const GONE = /NotFound(Exception)?$/

export interface Leave {
  /** Machines that run may be ended. */
  withMachines: boolean
  /** Blobs may be lost. */
  withBlobs: boolean
}

export interface Belongings {
  machines: SetupMachine[]
  parts: SetupResource[]
}

/** All that a set-up has. PERMISSION_DENIED: some of it may not go, and nothing was touched. */
export async function findBelongings(run: SetupRun, leave: Leave): Promise<Belongings> {
  const [machines, parts] = await Promise.all([findMachines(run), findSetup(run)])
  const strangers = machines.filter(({ machine }) => machine === null)
  if (strangers.length > 0) {
    const todo = 'which OpenZimki did not launch and does not end: see what they are, and end them yourself'
    throw refusal(`in its VPC run ${namesOf(strangers)}, ${todo}`)
  }
  const running = [
    ...machines.map(({ id }) => id),
    ...parts.flatMap(({ kind, id }) => (kind === 'instance' ? [id] : [])),
  ]
  if (running.length > 0 && !leave.withMachines)
    throw refusal(
      `machines still run: ${namesOf(machines) || running.join(', ')}; end the platform first, or give --machines`,
    )
  if (!leave.withBlobs) {
    for (const { kind, id } of parts)
      if (kind === 'bucket' && (await hasBlobs(run.s3, id))) throw blobsThere(id)
  }
  return { machines, parts }
}

/** Removes all of it in the order in which it can be, and resolves when AWS lists nothing more. TIMEOUT says what is left. */
export async function runDestroy(run: SetupRun, leave: Leave, withinMs: number): Promise<void> {
  const untilMs = performance.now() + withinMs
  const told = new Set<string>()
  for (;;) {
    const { machines, parts } = await findBelongings(run, leave)
    if (machines.length + parts.length === 0) return
    const ids = machines.map(({ id }) => id)
    if (ids.length > 0)
      await codeAs(run.ec2.send(new TerminateInstancesCommand({ InstanceIds: ids })), GONE, null)
    for (const { id } of machines) tell(run, told, `instance ${id}`)
    for (const part of parts) {
      if ((await removePart({ ...run, ...leave }, part)) === 'removed')
        tell(run, told, `${part.kind} ${part.id}`)
    }
    if (performance.now() > untilMs) throw stillThere({ machines, parts })
    await delay(run.pauseMs, undefined, { signal: run.signal })
  }
}

function tell({ print }: SetupRun, told: Set<string>, what: string): void {
  if (told.has(what)) return
  told.add(what)
  print(`removed ${what}`)
}

const namesOf = (machines: readonly SetupMachine[]) =>
  machines.map(({ id, machine }) => (machine === null ? id : `${id} (${machine})`)).join(', ')

const refusal = (why: string) => new PlatformError('PERMISSION_DENIED', `aws setup: ${why}`)

function stillThere({ machines, parts }: Belongings): PlatformError {
  const names = [
    ...machines.map(({ id }) => `instance ${id}`),
    ...parts.map(({ kind, id }) => `${kind} ${id}`),
  ]
  return new PlatformError(
    'TIMEOUT',
    `aws setup: still there: ${names.join(', ')}; run it again, or look at what of yours is in them`,
  )
}
