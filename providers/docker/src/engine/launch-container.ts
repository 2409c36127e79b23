import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import type Docker from 'dockerode'
import { readLabels } from '../machine-labels.ts'
import { statusAs, statusOf } from '../map-error.ts'

const NAME_WAIT_MS = 10_000
const NAME_RETRY_MS = 20

/**
 * Makes and starts the container, unless its name is there already. Once it is made nothing interrupts the start, so that no
 * caller who gives up leaves a machine behind that never runs. What cannot be started, or not as confined as asked, is removed.
 * ALREADY_EXISTS: a container that is not this owner's has the name.
 */
export async function launchContainer(
  docker: Docker,
  owner: string,
  options: Docker.ContainerCreateOptions,
): Promise<void> {
  const container = await create(docker, owner, options)
  if (!container) return
  try {
    await requireWhole(container)
    await container.start()
  } catch (thrown) {
    await statusAs(container.remove({ force: true, v: true }), [404], undefined)
    throw thrown
  }
}

/**
 * Null: this owner has it already. The engine takes a name before there is a container to be seen, and keeps it a moment after one is
 * gone, so a name that is taken by nothing is tried again.
 */
async function create(
  docker: Docker,
  owner: string,
  options: Docker.ContainerCreateOptions,
): Promise<Docker.Container | null> {
  const untilMs = performance.now() + NAME_WAIT_MS
  for (;;) {
    try {
      return await docker.createContainer(options)
    } catch (thrown) {
      if (statusOf(thrown) !== 409) throw thrown
      const there = await statusAs(docker.getContainer(options.name ?? '').inspect(), [404], null)
      if (there && readLabels(there.Config.Labels, owner)) return null
      if (there || performance.now() > untilMs) throw taken(options.name ?? '')
      await delay(NAME_RETRY_MS)
    }
  }
}

function taken(name: string): PlatformError {
  return new PlatformError(
    'ALREADY_EXISTS',
    `the engine has a container ${name} that is not ours: rename or remove it, or launch under another id`,
  )
}

/** An engine that lacks a limit drops it and only warns. Nothing is degraded silently: such a machine is not started. */
async function requireWhole(container: Docker.Container): Promise<void> {
  const { HostConfig } = await container.inspect()
  const missing = [
    ['memory', HostConfig.Memory],
    ['processors', HostConfig.NanoCpus],
    ['processes', HostConfig.PidsLimit],
    ['processor weight', HostConfig.CpuShares],
  ].flatMap(([what, value]) => (value ? [] : [what]))
  if (missing.length === 0) return
  throw new PlatformError(
    'UNSUPPORTED',
    `the engine cannot limit ${missing.join(', ')} of a container: give it the control groups that it lacks (docker info shows them)`,
  )
}
