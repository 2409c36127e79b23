/** What runs in instances. The cloud says when; the machines say when they end by themselves. */
export interface Hypervisor {
  /** Starts a machine, new or stopped before; resolves when its first program runs. */
  start(machine: MachineStart): Promise<void>
  /** Ends it and keeps its disk; with `asleep`, its memory too, so that `start` goes on where it was. */
  stop(instanceId: string, options: { asleep: boolean; how: HowToEnd }): Promise<void>
  /** Ends it and removes what it had. */
  destroy(instanceId: string, how: HowToEnd): Promise<void>
  /** Cuts or mends its network. */
  setReachable(instanceId: string, reachable: boolean): Promise<void>
  close(): Promise<void>
}

/** `in-order`: by the power button, so that its programs can end as they want to; `at-once`: by the plug. */
export type HowToEnd = 'in-order' | 'at-once'

export interface MachineStart {
  instanceId: string
  privateIp: string
  hostName: string
  /** What it wrote to its console, as it comes. */
  onConsole(text: string): void
  /** It ended from within: `shutdown`, or a crash. */
  onEnd(): void
}
