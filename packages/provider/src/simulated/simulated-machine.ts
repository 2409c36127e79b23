import type { Machine, MachineSpec } from '../contract.ts'
import type { SimulatedSize } from './simulated-options.ts'

/** A machine as the world keeps it. What becomes of it is known when it is made; it is looked up when somebody looks. */
export interface SimulatedMachine {
  owner: string
  spec: MachineSpec
  size: SimulatedSize
  zone: string
  fingerprint: string
  native: string
  createdAtMs: number
  /** Null: it was launched to run at once. */
  preparedAtMs: number | null
  /** Of one that is prepared: null until it is started. */
  startedAtMs: number | null
  runsAtMs: number
  failsToBoot: boolean
  diesAtMs: number
  isStopping: boolean
  /** Null while it lives. */
  end: MachineEnd | null
  output: string
  /** Whoever waits for its end is told. */
  ended: AbortController
}

export interface MachineEnd {
  atMs: number
  state: 'stopped' | 'failed'
  reason: string | null
}

/** As the contract shows it; `end` is settled already. */
export function viewOf(machine: SimulatedMachine, nowMs: number): Machine {
  const { spec, size, zone, createdAtMs, native, fingerprint, end } = machine
  return {
    id: spec.id,
    size: size.size,
    zone,
    state: end?.state ?? (machine.isStopping ? 'stopping' : livingState(machine, nowMs)),
    reason: end?.reason ?? null,
    createdAtMs,
    native,
    fingerprint,
  }
}

function livingState({ preparedAtMs, startedAtMs, runsAtMs }: SimulatedMachine, nowMs: number) {
  if (preparedAtMs !== null && startedAtMs === null) return nowMs < preparedAtMs ? 'starting' : 'prepared'
  return nowMs < runsAtMs ? 'starting' : 'running'
}

/** How long it cost nothing, since it was prepared and did not run. */
export function restMs({ preparedAtMs, startedAtMs }: SimulatedMachine, untilMs: number): number {
  return preparedAtMs === null ? 0 : Math.max(0, Math.min(startedAtMs ?? untilMs, untilMs) - preparedAtMs)
}

/** Ends it, once. */
export function endMachine(machine: SimulatedMachine, end: MachineEnd): void {
  if (machine.end) return
  machine.end = end
  machine.ended.abort()
}
