import type { Machine } from '@openzimki/provider'
import type Docker from 'dockerode'
import { readLabels } from '../machine-labels.ts'
import { CPU_SHARES } from './container-options.ts'

/** A container that exists this long and was never started: whoever launched it is gone. */
export const INTERRUPTED_AFTER_MS = 15_000

/**
 * The engine does not say who ended a container, and labels cannot be changed after creation. So being told to end is written
 * as a processor weight that is one less: the one setting that may be changed at any time, lasts, and alone changes nothing.
 */
export const STOP_MARK = { CpuShares: CPU_SHARES - 1 } as const

/** Null: it is not a machine of this owner. */
export function containerMachine(
  found: Docker.ContainerInspectInfo,
  owner: string,
  nowMs: number,
): Machine | null {
  const labelled = readLabels(found.Config.Labels, owner)
  if (!labelled) return null
  const createdAtMs = Date.parse(found.Created)
  return { ...labelled, createdAtMs, native: found.Id.slice(0, 12), ...stateOf(found, nowMs - createdAtMs) }
}

function stateOf(
  { State, HostConfig }: Docker.ContainerInspectInfo,
  ageMs: number,
): Pick<Machine, 'state' | 'reason'> {
  const asked = HostConfig.CpuShares === STOP_MARK.CpuShares
  switch (State.Status) {
    case 'created':
      if (asked) return { state: 'stopped', reason: null }
      if (ageMs < INTERRUPTED_AFTER_MS) return { state: 'starting', reason: null }
      return {
        state: 'failed',
        reason: 'its launch was interrupted before the container was started; destroy it',
      }
    case 'removing':
      return { state: 'stopping', reason: null }
    case 'exited':
    case 'dead':
      return asked ? { state: 'stopped', reason: null } : { state: 'failed', reason: whyEnded(State) }
    default:
      return { state: asked ? 'stopping' : 'running', reason: null }
  }
}

function whyEnded({ OOMKilled, ExitCode, Error: error }: Docker.ContainerInspectInfo['State']): string {
  if (OOMKilled)
    return 'the container needed more memory than its size has and was ended by the kernel; offer a larger size'
  const why = error ? `: ${error}` : ''
  return `the container ended unasked, with exit status ${ExitCode}${why}; its logs may say more`
}
