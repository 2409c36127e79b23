import { parseIdentity } from '@openzimki/link'
import type { CellEndpoint } from '@openzimki/placement'
import { signCapability } from '@openzimki/store'
import type { AccountPolicy } from './account-policy.ts'
import { composeFleet } from './compose-fleet.ts'
import type { ControlContext } from './control-context.ts'
import type { ControlOptions, ControlTimings } from './control-options.ts'
import { agentCalls } from './machines/agent-calls.ts'
import { type Agent, AgentHub } from './machines/agent-hub.ts'
import { CellFleet } from './machines/cell-fleet.ts'
import type { FleetKeeper } from './machines/fleet-keeper.ts'
import { incarnations } from './machines/incarnations.ts'
import { LoadPlanner } from './machines/load-planner.ts'
import { MachineIncidents } from './machines/machine-incidents.ts'
import { MachineRegistry } from './machines/machine-registry.ts'
import { MachineRules } from './machines/machine-rules.ts'
import { prefetch } from './machines/prefetch.ts'
import { Reconciler } from './machines/reconciler.ts'
import { RelayDoor } from './machines/relay-door.ts'
import { LeftBehindIntake } from './metering/left-behind-intake.ts'
import { LogIntake } from './metering/log-intake.ts'
import type { LogStore } from './metering/log-store.ts'
import { MachineRealms } from './metering/machine-realms.ts'
import { UsageIntake } from './metering/usage-intake.ts'
import type { RoutePublisher } from './routing/route-publisher.ts'
import type { SecretBox } from './secret-box.ts'

/** What has to do with machines, agents and cells. */
export interface MachineParts {
  hub: AgentHub
  /** Ways to cells on other hosts, and from them to the store. */
  relays: RelayDoor
  fleet: CellFleet
  planner: LoadPlanner
  reconciler: Reconciler
  registry: MachineRegistry
  /** Null: machines are somebody else's business. */
  keeper: FleetKeeper | null
  rules: MachineRules
  usage: UsageIntake
  logs: LogIntake
}

export interface MachineInputs {
  context: ControlContext
  options: ControlOptions
  timings: ControlTimings
  publisher: RoutePublisher
  logs: LogStore
  box: SecretBox
  policy: AccountPolicy
}

export function composeMachines(inputs: MachineInputs): MachineParts {
  const { context, options, timings, publisher, logs, box, policy } = inputs
  const { clock, log } = context
  const registry = new MachineRegistry(context, timings.joinTokenMs, incarnations(options.machines, log))
  const machineRealms = new MachineRealms(context.db, clock)
  const usage = new UsageIntake(context, machineRealms)
  const logIntake = new LogIntake(logs, machineRealms)
  const incidents = new MachineIncidents(context, async (machine, reason) => {
    if (!(await registry.condemn(machine, reason))) return
    distrust(hub, relays, fleet, machine)
    keeper?.wake()
  })
  const leave = leaver(context, registry, () => ({ hub, keeper }))
  const told = { context, usage, machineRealms, spare: spareTeller(options, (machine) => hub.get(machine)) }
  const hub: AgentHub = new AgentHub({
    identity: options.identity ?? parseIdentity(options.signingKey.privateKeyPem),
    admit: (applicant) => registry.admit(applicant),
    onIncident: (incident) => incidents.report(incident),
    callsOf: (machine) => agentCalls({ ...told, logs: logIntake, incidents, reconciler, leave }, machine),
    onJoin: (agent) => {
      relays.joined(agent)
      keeper?.wake()
      void adopt(context, fleet, agent)
    },
    onGone: (agent) => {
      fleet.agentGone(agent)
      keeper?.wake()
    },
    onRelay: (socket, channel) => void relays.take(socket, channel),
    joinTimeoutMs: timings.joinMs,
    log,
  })
  const relays = relayDoor(options, hub, incidents, log)
  const pools = (options.machines?.pools ?? []).map(({ name, group = null, provider }) => {
    return { name, group, isolation: provider.manifest.isolation }
  })
  const rules = new MachineRules(pools, (realm, account) => ({
    ...publisher.runsIn(realm),
    floor: policy.floorOf(account),
  }))
  const fleet = new CellFleet({
    ...{ hub, publisher, rules },
    onWaiting: () => keeper?.wake(),
    issue: (realm, deployment) => issue(options, timings, realm, deployment),
    prefetch: (realm, deployment) => prefetch(options, realm, deployment),
    beforeLoad: (machine, { load: { realm, account }, original }) =>
      machineRealms.add(machine, realm, { account, realm: original }),
    afterUnload: (machine, realm) => machineRealms.release(machine, realm),
    neverHad: (machine, realms) => machineRealms.neverHad(machine, realms),
    onLie: (machine, realms) => {
      incidents
        .lied(machine, 'it said that it runs realms that it never had', realms)
        .catch((error: unknown) => log('error', 'The audit could not be written', { error: String(error) }))
    },
    agentTimeoutMs: timings.agentTimeoutMs,
    loadTimeoutMs: timings.loadTimeoutMs,
  })
  const planner = new LoadPlanner(context.db, box, options.cordonOf ?? (({ account }) => account))
  const { idleMs, drainMs, renewBeforeMs, failureMs } = timings
  const reconciler = new Reconciler({
    ...{ clock, hub, fleet, publisher, planner, log },
    ...{ idleMs, drainMs, renewBeforeMs, failureMs },
  })
  const takeLeft = new LeftBehindIntake({ usage, logs: logIntake, incidents, log })
  const parts = { hub, fleet, planner, reconciler, registry, rules }
  const keeper: FleetKeeper | null =
    options.machines &&
    composeFleet({
      ...{ context, timings, publisher, machines: options.machines, parts, takeLeft },
      release: options.version,
      onRemoved: async (machine) => {
        relays.cut(machine)
        await machineRealms.forgetMachine(machine)
      },
    })
  return { ...parts, relays, keeper, usage, logs: logIntake }
}

function relayDoor(
  { storeAddress = 'unix:/nowhere' }: ControlOptions,
  hub: AgentHub,
  incidents: MachineIncidents,
  log: ControlContext['log'],
): RelayDoor {
  const agentOf = (machine: string) => hub.get(machine)
  return new RelayDoor({ agentOf, storeAddress, onIncident: (incident) => incidents.report(incident), log })
}

/** Nothing that such a machine has on another host is used from now on: its realms go elsewhere, its way to the store ends. */
function distrust(hub: AgentHub, relays: RelayDoor, fleet: CellFleet, machine: string): void {
  hub.distrust(machine)
  relays.cut(machine)
  const agent = hub.get(machine)
  if (agent) fleet.distrusted(agent)
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

/** What is elsewhere is reached through its agent, one way for each link: not before somebody needs it. */
function spareTeller(
  { onSpareCell }: ControlOptions,
  agentOf: (machine: string) => Agent | null,
): (machine: string, cell: CellEndpoint) => void {
  return (machine, cell) => {
    const agent = agentOf(machine)
    if (agent && !agent.relayed && !agent.distrusted) onSpareCell?.(cell)
  }
}

/** Nothing new for the machine from this moment on; what it has is loaded elsewhere before it goes. */
function leaver(
  { log }: ControlContext,
  registry: MachineRegistry,
  parts: () => { hub: AgentHub; keeper: FleetKeeper | null },
): (machine: string, reason: string) => Promise<void> {
  return async (machine, reason) => {
    const { hub, keeper } = parts()
    hub.cordon(machine)
    if (await registry.leave(machine, reason))
      log('warn', 'A machine is announced to end', { machine, reason })
    keeper?.wake()
  }
}
