import { DEFAULT_PLAN_OPTIONS } from '@openzimki/placement'
import type { ControlContext } from './control-context.ts'
import type { ControlTimings, MachineOptions } from './control-options.ts'
import type { AgentHub } from './machines/agent-hub.ts'
import type { CellFleet } from './machines/cell-fleet.ts'
import { FleetActor } from './machines/fleet-actor.ts'
import { FleetKeeper } from './machines/fleet-keeper.ts'
import { FleetObserver } from './machines/fleet-observer.ts'
import { FleetWatch } from './machines/fleet-watch.ts'
import type { LoadPlanner } from './machines/load-planner.ts'
import { MachineLooks } from './machines/machine-looks.ts'
import { MachinePool } from './machines/machine-pool.ts'
import type { MachineRegistry } from './machines/machine-registry.ts'
import { MachineRemover } from './machines/machine-remover.ts'
import type { MachineRules } from './machines/machine-rules.ts'
import { PartingLoads } from './machines/parting-loads.ts'
import { RealmSignals } from './machines/realm-signals.ts'
import type { Reconciler } from './machines/reconciler.ts'
import { Waker } from './machines/waker.ts'
import type { LeftBehindIntake } from './metering/left-behind-intake.ts'
import type { RoutePublisher } from './routing/route-publisher.ts'

export interface FleetInputs {
  context: ControlContext
  timings: ControlTimings
  publisher: RoutePublisher
  machines: MachineOptions
  /** Of this platform; machines that another release launched are replaced. */
  release: string
  parts: {
    hub: AgentHub
    fleet: CellFleet
    planner: LoadPlanner
    reconciler: Reconciler
    registry: MachineRegistry
    rules: MachineRules
  }
  takeLeft: LeftBehindIntake
  onRemoved: (machine: string) => Promise<void>
}

/** The keeper of the fleet, and what it sees and acts with. */
export function composeFleet({ machines, parts, ...inputs }: FleetInputs): FleetKeeper {
  const { context, timings, publisher, release, takeLeft, onRemoved } = inputs
  const { hub, fleet, planner, reconciler, registry, rules } = parts
  const { joinMs, prepareMs, drainMs, patienceMs, strayMs } = timings
  const backoff = { firstMs: timings.relaunchFirstMs, maxMs: timings.relaunchMaxMs }
  const waker = new Waker()
  const wake = () => waker.wake()
  const closing = new AbortController()
  const pools = machines.pools.map(
    (pool) => new MachinePool({ options: pool, context, backoff, onRecovered: wake }),
  )
  const { busyMs, settleMs, calmMs } = timings
  const { waitHighMs, waitLowMs } = DEFAULT_PLAN_OPTIONS
  const nowMs = () => context.clock.monotonicMs()
  const signals = new RealmSignals({ nowMs, waitHighMs, waitLowMs, busyMs, settleMs, calmMs })
  const watch: FleetWatch = new FleetWatch({
    providers: new Set(machines.pools.map(({ provider }) => provider)),
    ...{ backoff, log: context.log, closed: closing.signal },
    onChange: (provider, machine) => {
      looks.changed(provider, machine)
      wake()
    },
  })
  const looks = new MachineLooks({
    ...{ clock: context.clock, believeMs: timings.watchedLookMs },
    isHeard: (provider) => watch.isHeard(provider),
  })
  const observer = new FleetObserver({
    ...{ context, hub, registry, fleet, publisher, pools, release, joinMs, prepareMs, patienceMs },
    ...{ looks, signals, rules },
    isHeld: (realm, deployment) => reconciler.isHeld(realm, deployment),
  })
  const remover = new MachineRemover({
    ...{ context, hub, registry, takeLeft, onRemoved, drainMs },
    leftBehind: machines.leftBehind,
  })
  const parting = new PartingLoads(context, fleet, drainMs)
  const actor = new FleetActor({
    ...{ context, hub, registry, fleet, publisher, planner, pools, observer, remover, parting, release },
    ...{ env: machines.env, onDone: wake, closed: closing.signal },
  })
  return new FleetKeeper({
    ...{ context, hub, registry, pools, observer, actor, remover, parting, signals, watch, waker },
    ...{ closing, strayMs, backoff, watchedStrayMs: timings.watchedStrayMs },
    calmMs: timings.fleetMs,
  })
}
