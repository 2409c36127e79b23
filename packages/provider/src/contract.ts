import type { ProviderManifest } from './provider-manifest.ts'

export type { Hardening, ProviderManifest } from './provider-manifest.ts'

/**
 * The machine contract. A machine is whatever runs one agent: a process, a container, a virtual machine. A provider
 * knows nothing of realms, requests or cells.
 *
 * A provider is opened for one *owner* (one platform). Whatever it makes carries the owner's tag from the moment of its
 * creation, and it neither sees nor touches anything else, so an orphan is always found and a stranger's machine never hit.
 *
 * Every method rejects with a PlatformError, whose code is one of PROVIDER_ERROR_CODES and nothing else:
 * CANCELLED when `signal` aborts or the provider is closed, TIMEOUT when the infrastructure does not answer in time. After
 * either the outcome is unknown: call again, all methods may be repeated without harm.
 */
export interface MachineProvider {
  /** Of the adapter, lower case: `local`, `docker`, `aws-ec2`. */
  readonly name: string
  /** Whose machines it makes and sees. */
  readonly owner: string
  /** What it can do, honestly. The platform decides by it; nothing is degraded silently. */
  readonly manifest: ProviderManifest
  /** What may be launched now. Never empty unless nothing can be launched at all. */
  offerings(options?: CallOptions): Promise<Offering[]>
  /**
   * Makes a machine under our id and resolves once it exists; it may still be `starting`. Idempotent: the same id with the
   * same spec gives the first machine, whatever its state, and makes nothing. Concurrent calls count as repeated ones.
   * ALREADY_EXISTS: the id is in use with another spec, or, after destroy, is still remembered by the infrastructure.
   * INVALID_ARGUMENT: the spec is malformed, or its size or zone is not offered. NO_CAPACITY, QUOTA_EXCEEDED: nothing was made.
   * UNSUPPORTED: it is to be prepared, and the manifest does not say that this works.
   */
  launch(spec: MachineSpec, options?: CallOptions): Promise<Machine>
  /**
   * Starts a machine that is `prepared` and resolves once that was asked; it may be `starting` for a while. One that was started
   * already, or launched to run at once, is left as it is. NO_CAPACITY: not now, since it is still being prepared or there is no
   * room to run it; it stays as it was. INVALID_ARGUMENT: it ended, and never runs again. NOT_FOUND, QUOTA_EXCEEDED, UNSUPPORTED.
   */
  start(id: string, options?: CallOptions): Promise<void>
  /** NOT_FOUND: never launched, destroyed, or not ours. A machine that ended by itself is still found. */
  inspect(id: string, options?: CallOptions): Promise<Machine>
  /** All machines of the owner in order of id, also those that ended or whose launch was interrupted. */
  list(options?: CallOptions): Promise<Machine[]>
  /**
   * Asks the machine to end in order, and ends it by force after `graceMs`. Resolves once it has ended; the id stays in use and
   * the logs stay readable. A prepared one is `stopped` from then on. No error when it has ended already. NOT_FOUND.
   */
  stop(id: string, options: CallOptions & { graceMs: number }): Promise<void>
  /** Ends it by force and removes all it had. Resolves once gone, also when there was nothing, or it is not ours. */
  destroy(id: string, options?: CallOptions): Promise<void>
  /** The end of what the machine printed, at most `maxBytes` (default 64 KiB) of UTF-8. NOT_FOUND, UNSUPPORTED. */
  logs(id: string, options?: CallOptions & { maxBytes?: number }): Promise<string>
  /**
   * Tells of changes as they happen: the id of a machine that is to be looked at, since it ended (or started, or went), or null: look at
   * all. Begins with null; from then on no end of a machine of the owner is left out. Ends when `signal` aborts or the provider is closed. Rejects
   * when the infrastructure is heard no longer; what happens until it is watched again is missed. UNSUPPORTED.
   */
  watch(options?: CallOptions): AsyncIterable<string | null>
  /** Whether the infrastructure can be used, for the operator. Rejects only with CANCELLED; the bad news is in the findings. */
  check(options?: CallOptions): Promise<CheckResult>
  /** Lets go of connections; machines live on. Pending and later calls reject with CANCELLED. May be repeated. */
  close(): Promise<void>
}

export interface CallOptions {
  /** Aborted: the call rejects with CANCELLED at once; whether the thing was done is not known. */
  signal?: AbortSignal
}

/** A size in a zone. */
export interface Offering {
  /** The provider's own name for it (`local`, `t4g.medium`); what MachineSpec.size asks for. */
  size: string
  /** Whatever fails together, in the provider's own words. */
  zone: string
  /** Threads that run at once. */
  cpus: number
  /** What the machine has, not what is free. */
  memoryBytes: number
  /** Price of an hour, or null: the operator's own hardware. */
  price: { amount: number; currency: string } | null
  /** Machines of this offering that may still be launched, or null: not known. */
  capacity: number | null
  /** Whether they can be prepared; left out: as the manifest says. To prepare one that cannot is INVALID_ARGUMENT. */
  prepares?: boolean
}

export interface MachineSpec {
  /** Ours, a DNS label; never used for a second machine. The resource's name at the infrastructure is made from it. */
  id: string
  /** Of an offering. */
  size: string
  /** Of an offering of that size. Null: the provider chooses. */
  zone: string | null
  /** The agent's environment. May hold secrets (the join token): adapters never log or list it. */
  env: Readonly<Record<string, string>>
  /**
   * Install it with this environment and keep it without running it, for as little as the infrastructure can: its agent starts when
   * `start` says so, and no sooner. Left out is false. UNSUPPORTED unless the manifest says that it works.
   */
  prepared?: boolean
}

export interface Machine {
  id: string
  size: string
  /** Where it is, also when the spec left the choice to the provider. */
  zone: string
  /**
   * `starting`: exists, not yet known to run, or being prepared. `prepared`: installed, and does not run until `start`. `running`: does,
   * though its agent may not have joined. `stopping`. `stopped`: ended when asked. `failed`: ended unasked, or its launch or its
   * preparation did not come to its end. The last two hold until destroy.
   */
  state: 'starting' | 'prepared' | 'running' | 'stopping' | 'stopped' | 'failed'
  /** Why it failed, for the operator; null otherwise. */
  reason: string | null
  /** Milliseconds since 1970. */
  createdAtMs: number
  /** What the infrastructure calls it (`pid 4711`, `i-0abc`), for people. */
  native: string
  /** `specFingerprint` of what it was launched with, kept by the adapter since creation. */
  fingerprint: string
  /** With `restartsMachines`: names its last start as the infrastructure does, never again the same. Null: it was not started yet. */
  incarnation?: string | null
}

export interface CheckResult {
  /** Machines can be launched here. */
  ok: boolean
  /** Each says what is so, why it matters and what to do. `error` makes `ok` false. */
  findings: { level: 'info' | 'warn' | 'error'; text: string }[]
}
