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
  const state =
    end?.state ?? (machine.isStopping ? 'stopping' : nowMs < machine.runsAtMs ? 'starting' : 'running')
  return {
    id: spec.id,
    size: size.size,
    zone,
    state,
    reason: end?.reason ?? null,
    createdAtMs,
    native,
    fingerprint,
  }
}

/** Ends it, once. */
export function endMachine(machine: SimulatedMachine, end: MachineEnd): void {
  if (machine.end) return
  machine.end = end
  machine.ended.abort()
}
