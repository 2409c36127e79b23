import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { PlatformError } from '@openzimki/core'
import type { MachineProvider, MachineSpec } from '@openzimki/provider'

export interface CycleOptions {
  provider: MachineProvider
  spec: MachineSpec
  random: () => number
}

/** How one machine came and went. */
export interface Cycle {
  /** The launch said that there is a machine; `abandoned`: whoever asked gave up while it was under way. */
  launch: 'done' | 'failed' | 'abandoned'
  /** Destroys until one succeeded. */
  destroys: number
  /** What must not be. */
  complaints: string[]
}

const MOST_DESTROYS = 20
/** A platform that sees a destroy fail plans it again, not at once. */
const AGAIN_MS = 100
/** Of launches whose caller gives up. */
const ABANDONED_SHARE = 0.1
const ABANDONED_WITHIN_MS = 600
const STOPPED_SHARE = 0.6
const GRACE_MS = 200

/** The life of one machine as a platform leads it: launched, looked at, perhaps told to end, and destroyed until it is gone. */
export async function runCycle({ provider, spec, random }: CycleOptions): Promise<Cycle> {
  const complaints: string[] = []
  const { id } = spec
  const launch = await launchOne(provider, spec, random, complaints)
  await tryAll(complaints, [
    () => provider.inspect(id),
    ...(provider.manifest.logs ? [() => provider.logs(id)] : []),
    ...(random() < STOPPED_SHARE ? [() => provider.stop(id, { graceMs: GRACE_MS })] : []),
  ])
  const destroys = await destroyUntilGone(provider, id, complaints)
  // As control does when a machine is gone: what its folder holds was taken.
  await rm(spec.env.ZIMKI_AGENT_RUN_DIR ?? '', { recursive: true, force: true })
  return { launch, destroys, complaints }
}

async function launchOne(
  provider: MachineProvider,
  spec: MachineSpec,
  random: () => number,
  complaints: string[],
): Promise<Cycle['launch']> {
  const isAbandoned = random() < ABANDONED_SHARE
  const signal = isAbandoned ? AbortSignal.timeout(Math.ceil(random() * ABANDONED_WITHIN_MS)) : undefined
  try {
    await provider.launch(spec, signal ? { signal } : {})
    return 'done'
  } catch (thrown) {
    requirePlain(thrown, complaints)
    return isAbandoned ? 'abandoned' : 'failed'
  }
}

async function destroyUntilGone(
  provider: MachineProvider,
  id: string,
  complaints: string[],
): Promise<number> {
  for (let destroys = 1; destroys <= MOST_DESTROYS; destroys += 1) {
    try {
      await provider.destroy(id)
      return destroys
    } catch (thrown) {
      requirePlain(thrown, complaints)
      await delay(AGAIN_MS)
    }
  }
  complaints.push(`${id} could not be destroyed in ${MOST_DESTROYS} attempts`)
  return MOST_DESTROYS
}

async function tryAll(complaints: string[], works: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const work of works) await work().catch((thrown: unknown) => requirePlain(thrown, complaints))
}

const PLAIN = new Set(['NOT_FOUND', 'TIMEOUT', 'CANCELLED', 'INTERNAL', 'ALREADY_EXISTS', 'INVALID_ARGUMENT'])

/** Faults of the engine are told in the contract's words, and with what to do. */
function requirePlain(thrown: unknown, complaints: string[]): void {
  if (thrown instanceof PlatformError && PLAIN.has(thrown.code) && thrown.message.length > 10) return
  complaints.push(`an error that the contract does not have: ${String(thrown)}`)
}
