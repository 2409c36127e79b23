import { isBehind, mayRunIn, type RealmLoad, type RealmState, runsAnywhere } from './fleet-state.ts'
import type { Host, HostTable } from './host-table.ts'
import type { UnloadReason } from './plan-action.ts'
import type { PlanOptions } from './plan-options.ts'
import { Turns } from './turns.ts'

export interface Surplus {
  realm: RealmState
  host: Host
  reason: UnloadReason
}

/** What the realms ask for, whatever room there is. */
export interface RealmNeeds {
  needs: Turns
  surplus: Surplus[]
  /** With more cells than they need. Which one goes depends on how full the machines are. */
  calm: RealmState[]
  /** Of each realm that has a single load, which machine has it, by its place in the table. -1: of the others. */
  places: Int32Array
}

/** Counts every realm into its machines, and finds those for which something is to be done. Most are passed over in a few steps. */
export function surveyRealms(
  realms: readonly RealmState[],
  table: HostTable,
  options: PlanOptions,
): RealmNeeds {
  const places = new Int32Array(realms.length)
  const found: RealmNeeds = { needs: new Turns(options.maxLoads), surplus: [], calm: [], places }
  for (let index = 0; index < realms.length; index += 1) {
    const realm = realms[index]!
    const only = realm.loads.length === 1 ? realm.loads[0] : undefined
    const place = only ? table.placeOf(only.machine) : -1
    places[index] = place
    if (place >= 0) table.tally.add(place, realm)
    if (place >= 0 && table.isReadyAt(place) && mayRunAt(place, realm, table)) {
      if (only?.serving && realm.waitMs > options.waitHighMs && options.maxCells > 1) {
        found.needs.add({ realm, reason: 'busy', from: table.at(place) ?? null })
      }
    } else if (realm.loads.length > 0) {
      if (!only) countLoads(realm, table)
      surveyLoads(realm, table, options, found)
    } else if (realm.wanted) found.needs.add({ realm, reason: 'asked-for', from: null })
  }
  return found
}

const mayRunAt = (place: number, realm: RealmState, table: HostTable): boolean =>
  runsAnywhere(realm) || mayRunIn(realm, table.at(place)!.pool.pool)

function surveyLoads(realm: RealmState, table: HostTable, options: PlanOptions, found: RealmNeeds): void {
  let [staying, serving] = [0, 0]
  const going: { host: Host; load: RealmLoad; reason: GoReason }[] = []
  for (const load of realm.loads) {
    const host = table.get(load.machine)
    if (!host || host.machine.state === 'lost') continue
    const reason = whyGo(realm, host)
    if (reason === 'below-floor' && load.serving) found.surplus.push({ realm, host, reason })
    if (reason !== null) going.push({ host, load, reason })
    else staying += 1
    if (reason === null && load.serving) serving += 1
  }
  // The last cell of a realm that is asked for goes only when another serves.
  if (serving > 0 || !realm.wanted) {
    for (const { host, load, reason } of going) {
      if (load.serving && reason !== 'below-floor') found.surplus.push({ realm, host, reason })
    }
  }
  if (staying === 0) {
    const [first] = going
    const reason = first?.reason ?? 'asked-for'
    if (realm.wanted) found.needs.add({ realm, reason, from: first?.host ?? null })
  } else if (serving === staying) {
    if (realm.waitMs > options.waitHighMs && staying < options.maxCells) {
      found.needs.add({ realm, reason: 'busy', from: null })
    } else if (isCalm(realm, staying, options)) found.calm.push(realm)
  }
}

/**
 * One cell less will do. How long requests wait says little of that: with one cell more than is needed they hardly do, and with one less
 * the queue grows without end. So the work must fit, with room to spare, and be well below what was too much before.
 */
function isCalm({ waitMs, work, outgrown }: RealmState, cells: number, options: PlanOptions): boolean {
  if (cells < 2 || waitMs >= options.waitLowMs) return false
  return (
    work <= options.calmShare * (cells - 1) && (outgrown === null || work < outgrown * options.outgrownShare)
  )
}

/** `calm` is about how many, not about where. */
type GoReason = Exclude<UnloadReason, 'calm'>

function whyGo(realm: RealmState, host: Host): GoReason | null {
  if (!isBehind(realm.floor, host.pool.pool)) return 'below-floor'
  if (host.machine.state === 'leaving') return 'leaving'
  return mayRunIn(realm, host.pool.pool) ? null : 'not-allowed'
}

function countLoads(realm: RealmState, table: HostTable): void {
  for (const { machine } of realm.loads) {
    const place = table.placeOf(machine)
    if (place >= 0) table.tally.add(place, realm)
  }
}
