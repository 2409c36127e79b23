import { PlatformError } from '@openzimki/core'
import type { Machine, MachineProvider, MachineSpec } from './contract.ts'
import { GuardedCalls } from './guarded-calls.ts'
import { lastBytes } from './last-bytes.ts'
import type { MachineDriver } from './machine-driver.ts'
import { notFound } from './not-found.ts'
import { requireOffered } from './require-offered.ts'
import { specFingerprint } from './spec-fingerprint.ts'
import { requirePreparing, startPrepared } from './start-prepared.ts'
import { validateName, validateSpec } from './validate-spec.ts'
import { watchChanges } from './watch-changes.ts'

export interface ProviderOptions {
  /** Longest time a call may take before TIMEOUT; `stop` gets its grace on top. Default 60,000. */
  deadlineMs?: number
}

const DEFAULT_DEADLINE_MS = 60_000
const DEFAULT_LOG_BYTES = 64 * 1024
/** Grace beyond an hour is a mistake in units. */
const MAX_GRACE_MS = 3_600_000

/**
 * The portable half of every provider: checks arguments, keeps deadlines, compares fingerprints, wraps errors once.
 * Throws INVALID_ARGUMENT at once for an owner that is no name.
 */
export function createProvider(driver: MachineDriver, options: ProviderOptions = {}): MachineProvider {
  validateName('owner', driver.owner)
  const calls = new GuardedCalls(driver, options.deadlineMs ?? DEFAULT_DEADLINE_MS)
  const named = <T>(
    id: string,
    work: (signal: AbortSignal) => Promise<T>,
    signal?: AbortSignal,
    extraMs = 0,
  ) =>
    calls.run(
      (inner) => {
        validateName('machine id', id)
        return work(inner)
      },
      signal,
      extraMs,
    )

  return {
    name: driver.name,
    owner: driver.owner,
    manifest: driver.manifest,
    offerings: ({ signal } = {}) => calls.run((inner) => driver.offerings(inner), signal),
    launch: (spec, { signal } = {}) => calls.run((inner) => launch(driver, spec, inner), signal),
    start: (id, { signal } = {}) => named(id, (inner) => startPrepared(driver, id, inner), signal),
    inspect: (id, { signal } = {}) => named(id, (inner) => inspect(driver, id, inner), signal),
    list: ({ signal } = {}) => calls.run(async (inner) => sortById(await driver.list(inner)), signal),
    stop: (id, { graceMs, signal }) =>
      named(id, (inner) => stop(driver, id, graceMs, inner), signal, isGrace(graceMs) ? graceMs : 0),
    destroy: (id, { signal } = {}) => named(id, (inner) => driver.destroy(id, inner), signal),
    logs: (id, { maxBytes = DEFAULT_LOG_BYTES, signal } = {}) =>
      named(id, (inner) => logs(driver, id, maxBytes, inner), signal),
    watch: ({ signal } = {}) => watchChanges(driver, calls, signal),
    check: ({ signal } = {}) => check(driver, calls, signal),
    close: () => calls.close(),
  }
}

async function launch(driver: MachineDriver, spec: MachineSpec, signal: AbortSignal): Promise<Machine> {
  validateSpec(spec, driver.manifest.maxEnvBytes)
  if (spec.prepared) requirePreparing(driver)
  const fingerprint = specFingerprint(spec)
  const there = await driver.inspect(spec.id, signal)
  if (!there) requireOffered(spec, await driver.offerings(signal))
  const machine = there ?? (await driver.launch(spec, fingerprint, signal))
  if (machine.fingerprint === fingerprint) return machine
  throw new PlatformError(
    'ALREADY_EXISTS',
    `machine ${spec.id} is there already and was launched with another size, zone or environment: ` +
      'launch under a new id, or destroy it first',
    { details: { id: spec.id } },
  )
}

async function inspect(driver: MachineDriver, id: string, signal: AbortSignal): Promise<Machine> {
  const machine = await driver.inspect(id, signal)
  if (machine) return machine
  throw notFound(id)
}

async function stop(driver: MachineDriver, id: string, graceMs: number, signal: AbortSignal): Promise<void> {
  if (!isGrace(graceMs)) {
    throw new PlatformError(
      'INVALID_ARGUMENT',
      `graceMs must be 0 to ${MAX_GRACE_MS} milliseconds, not ${graceMs}`,
    )
  }
  if (!(await driver.inspect(id, signal))) throw notFound(id)
  await driver.stop(id, graceMs, signal)
}

async function logs(
  driver: MachineDriver,
  id: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string> {
  if (!Number.isInteger(maxBytes) || maxBytes < 1) {
    throw new PlatformError('INVALID_ARGUMENT', `maxBytes must be a whole number above 0, not ${maxBytes}`)
  }
  if (!driver.manifest.logs) {
    throw new PlatformError('UNSUPPORTED', `provider ${driver.name} keeps no console output of its machines`)
  }
  if (!(await driver.inspect(id, signal))) throw notFound(id)
  return lastBytes(await driver.logs(id, maxBytes, signal), maxBytes)
}

const isGrace = (graceMs: number) => graceMs >= 0 && graceMs <= MAX_GRACE_MS

/** Only cancellation rejects; what the driver throws is itself the finding. */
async function check(driver: MachineDriver, calls: GuardedCalls, signal: AbortSignal | undefined) {
  try {
    const { findings } = await calls.run((inner) => driver.check(inner), signal)
    return { ok: findings.every(({ level }) => level !== 'error'), findings }
  } catch (thrown) {
    const error = PlatformError.from(thrown)
    if (error.code === 'CANCELLED') throw error
    return { ok: false, findings: [{ level: 'error' as const, text: error.message }] }
  }
}

const sortById = (machines: Machine[]) =>
  machines.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
