import type { Machine, MachineProvider, MachineSpec } from '../contract.ts'

/** What an adapter's test gives the kit. */
export interface ProviderHarness {
  /** A provider for this owner. Several over the same infrastructure are what is left after a restart, or two hosts. */
  open(owner: string): Promise<MachineProvider>
  /**
   * Environment with which a machine runs until it is told to end, prints `hello <PROBE>` at its start, and `bye` when it ends in
   * order. With `STUBBORN=1` added it ignores being asked. With `LOOK_FOR=path` it prints before, on a line of its own,
   * `found <path>` or `missing <path>`. `probeCommand` starts a program that does this.
   */
  env: Readonly<Record<string, string>>
  /** Ends a machine behind the provider's back. */
  crash(machine: Machine): Promise<void>
  /** What the infrastructure still has of all owners, by its own names. */
  leftovers(): Promise<string[]>
  /** Longest time a machine takes to start, or to be seen as ended. */
  settleMs: number
  /** Releases what the harness itself took; called once, after the last case. */
  close(): Promise<void>
  /** Time at the infrastructure. Default: this host's. */
  clock?: HarnessClock
  /** Its machines run the kit's probe, which reports what it finds, so that the manifest can be held to it. */
  reportsFacts?: boolean
  /** A file in the folders that machines share with the platform; for providers whose manifest says `sharesSockets`. */
  sharedFile?: string
  /**
   * A platform in a process of its own that launches this, so that it can be killed at any moment. Without it the kit drops a
   * provider in this process instead, which shows less.
   */
  platformProcess?(owner: string, spec: MachineSpec): Promise<PlatformProcess>
}

export interface HarnessClock {
  nowMs(): number
  /** Rejects when the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>
}

export interface PlatformProcess {
  /** Resolves once its launch has; rejects when that failed or it was killed. */
  launched: Promise<void>
  /** Ends it with SIGKILL; resolves once it is gone. */
  kill(): Promise<void>
}

/** One requirement. `run` throws when it does not hold. */
export interface ConformanceCase {
  group: string
  name: string
  run(context: CaseContext): Promise<void>
}

/** What one case works with; whatever it launches is destroyed after it. */
export interface CaseContext {
  harness: ProviderHarness
  /** Of an owner that no other case has. */
  provider: MachineProvider
  /** Another owner's provider over the same infrastructure. */
  stranger: MachineProvider
  /** The same owner's provider once more, as after a restart. */
  reopen(): Promise<MachineProvider>
}
