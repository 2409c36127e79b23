import type { ProviderHarness } from './conformance/harness.ts'
import type { Hardening } from './contract.ts'
import type { MachineDriver } from './machine-driver.ts'

/** What the npm package of an adapter exports under the name `adapter`; `loadAdapter` finds and checks it. */
export interface ProviderAdapter {
  /** Lower case: `local`, `docker`, `aws-ec2`. The name of its drivers. */
  name: string
  /** Versions of the machine contract that it speaks: `[1]`. The newest that the platform speaks too is used. */
  contractVersions: readonly number[]
  /**
   * A driver for one owner; the platform makes a provider of it. It checks `settings.config` and throws INVALID_ARGUMENT naming the
   * setting that is wrong. Touches nothing until the driver is used.
   */
  open(settings: AdapterSettings): MachineDriver | Promise<MachineDriver>
  /** What `zimki provider test` needs to run the conformance kit on it. Without it the adapter cannot be tested by others. */
  testBed?(settings: TestBedSettings): AdapterTestBed | Promise<AdapterTestBed>
  /** `zimki provider run <package> <name> [args...]`: what an operator does once, such as building an image. */
  commands?: Readonly<Record<string, AdapterCommand>>
}

export interface AdapterSettings {
  /** The platform whose machines it makes and sees. */
  owner: string
  /** What the operator wrote for this adapter, unchecked; `{}` when there is nothing. */
  config: unknown
  /** Absolute path of a folder of the adapter's own that lasts across restarts. It may not be there yet. */
  stateDir: string
  /** For adapters whose machines have the files of this host. */
  agent: AgentStart
  /** Of the platform on this host, for adapters that can share them with their machines. Left out: there are none. */
  sockets?: PlatformSockets
}

/** Absolute folders; machines need the same paths. */
export interface PlatformSockets {
  /** With nothing but the sockets of control and store. */
  doorsDir: string
  /** Each machine's folder, which the agent's environment names, lies right in it. */
  runDir: string
}

export interface AgentStart {
  /** Argument vector that starts an agent here; its first element is an absolute path. */
  command: readonly string[]
  /** What the agent then does for its cells on this host. */
  hardening: readonly Hardening[]
}

/** In a test `agent.command` starts the kit's probe machine (`probeCommand`) in place of an agent. */
export type TestBedSettings = Omit<AdapterSettings, 'owner'>

/** A harness whose providers the kit opens itself, through `open`, as the platform would. */
export interface AdapterTestBed extends Omit<ProviderHarness, 'open'> {
  /** In place of what the command was given: an image with the probe in it, a folder of the test's own. */
  settings?: Partial<TestBedSettings>
  /** Machines live in the memory of the testing process: no other process can be the platform that is killed. */
  inMemory?: boolean
}

export interface AdapterCommand {
  /** One line for its help. */
  description: string
  run(context: AdapterCommandContext): Promise<void>
}

export interface AdapterCommandContext {
  args: readonly string[]
  config: unknown
  /** A line for the person who waits. */
  print(line: string): void
  /** Whether the person who waits says yes. Left out: nobody can be asked. */
  confirm?(question: string): Promise<boolean>
  /** Ctrl-C. */
  signal: AbortSignal
}
