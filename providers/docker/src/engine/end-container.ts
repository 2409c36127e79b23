import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import type Docker from 'dockerode'
import { statusAs } from '../map-error.ts'
import { STOP_MARK } from './container-machine.ts'

/** The engine ends a killed container at once unless a process of it hangs in a device. */
const KILL_WAIT_MS = 20_000

/** Gone or not running. */
const ENDED = [304, 404, 409]

/** Marks it as told to end, asks, and ends it by force after `graceMs`. Resolves once it does not run. */
export async function endContainer(
  container: Docker.Container,
  graceMs: number,
  signal: AbortSignal,
): Promise<void> {
  await statusAs(container.update(STOP_MARK), ENDED, undefined)
  if (graceMs > 0) {
    await statusAs(container.kill({ signal: 'SIGTERM' }), ENDED, undefined)
    if (await endedWithin(container, graceMs, signal)) return
  }
  await statusAs(container.kill({ signal: 'SIGKILL' }), ENDED, undefined)
  if (await endedWithin(container, KILL_WAIT_MS, signal)) return
  throw new PlatformError(
    'TIMEOUT',
    `container ${container.id} was killed but has not ended; look at the engine’s log, and try again`,
  )
}

/** The engine tells when; nothing is polled. */
async function endedWithin(
  container: Docker.Container,
  waitMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const over = new AbortController()
  const abortSignal = AbortSignal.any([signal, over.signal])
  const ended = statusAs(container.wait({ condition: 'not-running', abortSignal }), [404], null).then(
    () => true,
  )
  try {
    return await Promise.race([ended, delay(waitMs, false, { signal: abortSignal })])
  } finally {
    over.abort()
    ended.catch(() => undefined)
  }
}

/** Ends it by force and removes it with what it wrote. Resolves once gone, also when another does the same. */
export async function removeContainer(container: Docker.Container, signal: AbortSignal): Promise<void> {
  for (;;) {
    const done = await statusAs(
      container.remove({ force: true, v: true }).then(() => true),
      [404],
      true,
    ).catch((thrown: unknown) => ifBeingRemoved(thrown))
    if (done) return
    await statusAs(container.wait({ condition: 'removed', abortSignal: signal }), [404], null)
  }
}

/** 409: somebody else is at it. */
function ifBeingRemoved(thrown: unknown): false {
  if ((thrown as { statusCode?: number }).statusCode === 409) return false
  throw thrown
}
