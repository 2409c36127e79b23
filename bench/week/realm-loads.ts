import type { RealmState } from '@openzimki/placement'
import { DEFAULT_PLAN_OPTIONS } from '@openzimki/placement'
import { DEFAULT_TIMINGS } from '../../packages/control/src/control-options.ts'
import { RealmSignals } from '../../packages/control/src/machines/realm-signals.ts'
import type { DemandingRealm, WeekDemand } from './week-demand.ts'

/** What a request takes. */
const REQUEST_CORE_SECONDS = 0.01
/** Requests that never get their turn: so long each. */
const ENDLESS_MS = 10_000

/** Where realms are loaded, and what becomes of what they are asked. A request that finds no core free in its step counts as lost. */
export class RealmLoads {
  states: RealmState[]
  /** Cores that were asked for and that were had, added up over the steps. */
  readonly sums = { asked: 0, served: 0 }
  readonly #realms: readonly DemandingRealm[]
  readonly #places = new Map<string, number>()
  readonly #signals: RealmSignals

  constructor({ realms }: WeekDemand, nowMs: () => number) {
    this.#realms = realms
    const { waitHighMs, waitLowMs } = DEFAULT_PLAN_OPTIONS
    const { busyMs, settleMs, calmMs } = DEFAULT_TIMINGS
    this.#signals = new RealmSignals({ nowMs, waitHighMs, waitLowMs, busyMs, settleMs, calmMs })
    this.states = realms.map(({ realm, account, memoryBytes }, index): RealmState => {
      this.#places.set(realm, index)
      return {
        ...{ realm, account, pool: null, isolation: null, floor: null, loads: [], wanted: true },
        ...{ memoryBytes, cpus: 0, waitMs: 0, work: 0, outgrown: null },
      }
    })
  }

  /** Those with a realm on them. */
  machines(): Set<string> {
    return new Set(this.states.flatMap(({ loads }) => loads.map(({ machine }) => machine)))
  }

  load(realm: string, machine: string, isBusy: boolean): void {
    if (isBusy) this.#signals.grew(realm)
    this.#change(realm, (loads) => [...loads, { machine, serving: true }])
  }

  unload(realm: string, machine: string): void {
    this.#change(realm, (loads) => loads.filter((load) => load.machine !== machine))
  }

  /** A machine is gone, with all that was on it. */
  lose(machine: string): void {
    for (const { realm, loads } of this.states) {
      if (loads.some((load) => load.machine === machine)) this.unload(realm, machine)
    }
  }

  /** A realm's requests go to its loads alike; a load has one core at most, and all on a machine together what it has. */
  serve(step: number, cpusOf: ReadonlyMap<string, number>): void {
    const each = this.states.map(({ loads }, index) => {
      const alive = loads.reduce((count, { machine }) => count + (cpusOf.has(machine) ? 1 : 0), 0)
      return (this.#realms[index]?.cores[step] ?? 0) / Math.max(1, alive)
    })
    const onMachine = new Map<string, number>()
    for (const [index, { loads }] of this.states.entries()) {
      const busy = Math.min(1, each[index]!)
      for (const { machine } of loads) onMachine.set(machine, (onMachine.get(machine) ?? 0) + busy)
    }
    this.states = this.states.map((state, index) => {
      const rates = state.loads.map(({ machine }) => {
        const cpus = cpusOf.get(machine) ?? 0
        return Math.min(1, cpus / Math.max(1e-9, onMachine.get(machine) ?? 0))
      })
      this.sums.asked += this.#realms[index]?.cores[step] ?? 0
      const figures = this.#signals.read(
        state.realm,
        rates.map((rate) => loadOf(each[index]!, rate)),
      )
      this.sums.served += figures.cpus
      return { ...state, ...figures }
    })
  }

  #change(realm: string, change: (loads: RealmState['loads']) => RealmState['loads']): void {
    const index = this.#places.get(realm)!
    const state = this.states[index]!
    this.states[index] = { ...state, loads: change(state.loads) }
  }
}

/** What an agent would report of a load that is asked so many cores and has this part of one. */
function loadOf(asked: number, rate: number) {
  const cpus = Math.min(asked, 1, rate > 0 ? Math.min(1, asked) * rate : 0)
  const perSecond = cpus / REQUEST_CORE_SECONDS
  // A machine that is full slows all down that is on it; one queue, one server, as requests come at random (M/M/1).
  const share = rate >= 1 ? asked : Math.max(1, asked)
  const waitMs = share >= 1 ? ENDLESS_MS : (1000 * REQUEST_CORE_SECONDS * share) / (1 - share)
  return { waiting: (perSecond * waitMs) / 1000, perSecond, busy: Math.min(1, share), cpus }
}
