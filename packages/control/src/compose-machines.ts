import { signCapability } from '@openzimki/store'
import type { ControlContext } from './control-context.ts'
import type { ControlOptions, ControlTimings } from './control-options.ts'
import { agentCalls } from './machines/agent-calls.ts'
import { type Agent, AgentHub } from './machines/agent-hub.ts'
import { CellFleet } from './machines/cell-fleet.ts'
import { LoadPlanner } from './machines/load-planner.ts'
import { MachineKeeper } from './machines/machine-keeper.ts'
import { MachineRegistry } from './machines/machine-registry.ts'
import { Reconciler } from './machines/reconciler.ts'
import { LogIntake } from './metering/log-intake.ts'
import type { LogStore } from './metering/log-store.ts'
import { MachineRealms } from './metering/machine-realms.ts'
import { UsageIntake } from './metering/usage-intake.ts'
import type { RoutePublisher } from './routing/route-publisher.ts'
import type { SecretBox } from './secret-box.ts'

/** What has to do with machines, agents and cells. */
export interface MachineParts {
  hub: AgentHub
  fleet: CellFleet
  planner: LoadPlanner
  reconciler: Reconciler
  registry: MachineRegistry
  /** Null: machines are somebody else's business. */
  keeper: MachineKeeper | null
  usage: UsageIntake
}

export interface MachineInputs {
  context: ControlContext
  options: ControlOptions
  timings: ControlTimings
  publisher: RoutePublisher
  logs: LogStore
  box: SecretBox
}

export function composeMachines({
  context,
  options,
  timings,
  publisher,
  logs,
  box,
}: MachineInputs): MachineParts {
  const { clock, log } = context
  const registry = new MachineRegistry(context)
  const machineRealms = new MachineRealms(context.db)
  const usage = new UsageIntake(context, machineRealms)
  const hub: AgentHub = new AgentHub({
    mayJoin: (machine, joinToken) => registry.mayJoin(machine, joinToken),
    callsOf: (machine) =>
      agentCalls({ context, usage, logs: new LogIntake(logs, machineRealms), reconciler }, machine),
    onJoin: (agent) => void adopt(context, fleet, agent),
    onGone: (agent) => {
      fleet.agentGone(agent)
      keeper?.wake()
    },
    joinTimeoutMs: timings.joinMs,
    log,
  })
  const fleet = new CellFleet({
    hub,
    publisher,
    issue: (realm, deployment) => issue(options, timings, realm, deployment),
    beforeLoad: (machine, realm, account) => machineRealms.add(machine, realm, account),
    agentTimeoutMs: timings.agentTimeoutMs,
    loadTimeoutMs: timings.loadTimeoutMs,
  })
  const planner = new LoadPlanner(context.db, box, options.cordonOf ?? (({ account }) => account))
  const { idleMs, drainMs, renewBeforeMs, failureMs } = timings
  const reconciler = new Reconciler({
    ...{ clock, hub, fleet, publisher, planner, log },
    ...{ idleMs, drainMs, renewBeforeMs, failureMs },
  })
  const keeper =
    options.machines && keeperOf(context, { hub, registry, machineRealms }, timings, options.machines)
  return { hub, fleet, planner, reconciler, registry, keeper, usage }
}

function keeperOf(
  context: ControlContext,
  {
    hub,
    registry,
    machineRealms,
  }: { hub: AgentHub; registry: MachineRegistry; machineRealms: MachineRealms },
  timings: ControlTimings,
  machines: NonNullable<ControlOptions['machines']>,
): MachineKeeper {
  return new MachineKeeper({
    ...{ context, hub, registry },
    ...machines,
    onRemoved: (machine) => machineRealms.forgetMachine(machine),
    joinMs: timings.joinMs,
    backoff: { firstMs: timings.relaunchFirstMs, maxMs: timings.relaunchMaxMs },
  })
}

/** An agent that comes back after the control plane was away holds cells already. */
async function adopt({ log }: ControlContext, fleet: CellFleet, agent: Agent): Promise<void> {
  try {
    await fleet.sync(agent)
  } catch (error) {
    log('warn', 'An agent joined but does not say what it holds', {
      machine: agent.machine,
      error: String(error),
    })
  }
}

async function issue(
  { objects, clock, capabilitySecret }: ControlOptions,
  { capabilityMs }: ControlTimings,
  realm: string,
  deployment: string,
): Promise<{ capability: string; expiresAtMs: number }> {
  const expiresAtMs = clock.nowMs() + capabilityMs
  const epoch = await objects.epoch(realm)
  const capability = signCapability({ realm, deployment, expiresAtMs, role: 'cell', epoch }, capabilitySecret)
  return { capability, expiresAtMs }
}
