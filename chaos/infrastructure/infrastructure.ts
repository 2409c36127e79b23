import type { Part } from '../kills/kill.ts'

/** Where the platform under attack gets its machines, and how to look behind it. */
export interface Infrastructure {
  name: string
  /** Parts that can be killed here. */
  parts: readonly Part[]
  /** Of a pool: adapter and what it is told. */
  provider: string
  providerConfig: unknown
  /** Ids of the machines that there are, whatever control knows. */
  machines(data: string): Promise<string[]>
  /** Ends all processes of a machine at once; `agentPid` is that of its agent. */
  killMachine(agentPid: number): Promise<void>
  /** kill -9 of the engine. */
  killEngine(): Promise<void>
  /** Resolves when it answers again. */
  restoreEngine(): Promise<void>
  /** What is left of machines, for people; empty when the platform has ended in order. */
  leftovers(data: string): Promise<string[]>
  close(): Promise<void>
}
