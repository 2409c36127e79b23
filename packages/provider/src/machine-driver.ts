import type { PlatformError } from '@openzimki/core'
import type { CheckResult, Machine, MachineSpec, Offering, ProviderManifest } from './contract.ts'

/**
 * What an adapter writes; `createProvider` makes a MachineProvider of it. A driver gets checked arguments and a live
 * signal, may throw whatever its library throws, and does no wrapping, deadlines or idempotency checks of its own
 * beyond what each method says. Guarantees are those of the contract.
 */
export interface MachineDriver {
  readonly name: string
  readonly owner: string
  readonly manifest: ProviderManifest
  offerings(signal: AbortSignal): Promise<Offering[]>
  /**
   * Makes the machine, or finds the one that has this id and gives that, whatever it was launched with: the portable
   * layer compares fingerprints. Must be safe against itself in another process.
   */
  launch(spec: MachineSpec, fingerprint: string, signal: AbortSignal): Promise<Machine>
  /** Null: not there or not ours. */
  inspect(id: string, signal: AbortSignal): Promise<Machine | null>
  /** In any order. */
  list(signal: AbortSignal): Promise<Machine[]>
  /**
   * Of a machine that is there: as the contract has it; there when the manifest says that machines can be prepared. The portable layer
   * has seen that it is `prepared`, or was a moment ago. Must be safe against itself in another process.
   */
  start?(id: string, signal: AbortSignal): Promise<void>
  stop(id: string, graceMs: number, signal: AbortSignal): Promise<void>
  destroy(id: string, signal: AbortSignal): Promise<void>
  logs(id: string, maxBytes: number, signal: AbortSignal): Promise<string>
  /**
   * As the contract has it; there when the manifest says so. The portable layer bears one that tells too much, nonsense, or does not end
   * when told; the same machine may be told of several times.
   */
  watch?(signal: AbortSignal): AsyncIterable<string | null>
  check(signal: AbortSignal): Promise<CheckResult>
  close(): Promise<void>
  /** The only place where the infrastructure's errors get our codes. A PlatformError passes unchanged. */
  mapError(thrown: unknown): PlatformError
}
