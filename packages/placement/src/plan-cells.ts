/** A realm that should be answered by this deployment in a cell of this cordon, if there is demand. */
export interface DesiredRealm {
  realm: string
  deployment: string
  account: string
  cordon: string
  /** When it was last asked for, milliseconds since 1970; 0: never. */
  lastDemandMs: number
}

/** A cell as its agent reports it. */
export interface ActualCell {
  cell: string
  /** Null: a spare. */
  cordon: string | null
  loads: ActualLoad[]
}

export interface ActualLoad {
  realm: string
  deployment: string
  heapBytes: number
  /** Requests running or waiting. */
  active: number
  /** Milliseconds since its last request. */
  idleMs: number
}

export interface PlanOptions {
  nowMs: number
  /** A realm without a request for this long is unloaded. */
  idleMs: number
  /** A realm that is not loaded is loaded when it was asked for within this time; one so fresh is never unloaded for memory. */
  demandMs: number
  /** Heap bytes of all isolates of one cell beyond which the idlest are unloaded. */
  cellMemoryBytes: number
}

export type PlanAction =
  | { action: 'load'; realm: string; deployment: string; account: string; cordon: string }
  | {
      action: 'unload'
      cell: string
      cordon: string | null
      realm: string
      deployment: string
      why: UnloadReason
    }

/**
 * `unwanted`: the realm is gone or was never meant to be there. `superseded`: another deployment or cordon has taken over.
 * `idle`, `memory`: room for others.
 */
export type UnloadReason = 'unwanted' | 'superseded' | 'idle' | 'memory'

/**
 * What to do so that the actual state becomes the desired one. Pure, and the same input gives the same plan. When its actions
 * were carried out, the next plan is shorter, and soon empty: it never asks to load what it asked to unload.
 *
 * A deployment that is answering is unloaded only after the one that takes over is loaded, and never in the middle of
 * a request, unless its realm is gone.
 */
export function planCells(
  desired: readonly DesiredRealm[],
  actual: readonly ActualCell[],
  options: PlanOptions,
): PlanAction[] {
  const placed = actual.flatMap((cell) =>
    cell.loads.map((load) => ({ ...load, cell: cell.cell, cordon: cell.cordon })),
  )
  const byRealm = Map.groupBy(placed, (load) => load.realm)
  const wanted = new Map(desired.map((realm) => [realm.realm, realm]))
  const loads = desired.flatMap((realm) => planLoad(realm, byRealm.get(realm.realm) ?? [], options))
  const unloads = placed.flatMap((load) => planUnload(load, wanted.get(load.realm), byRealm, options))
  return [...loads, ...unloads, ...planMemory(placed, unloads, wanted, options)]
}

interface PlacedLoad extends ActualLoad {
  cell: string
  cordon: string | null
}

type Unload = Extract<PlanAction, { action: 'unload' }>

function planLoad(desired: DesiredRealm, placed: readonly PlacedLoad[], options: PlanOptions): PlanAction[] {
  if (placed.some((load) => serves(load, desired))) return []
  const asked = sinceDemand(desired, options) <= options.demandMs
  // A realm that answers from another deployment or cordon goes on answering: its successor comes first.
  const answering = placed.some((load) => !isIdle(load, desired, options))
  if (!asked && !answering) return []
  const { realm, deployment, account, cordon } = desired
  return [{ action: 'load', realm, deployment, account, cordon }]
}

function planUnload(
  load: PlacedLoad,
  desired: DesiredRealm | undefined,
  byRealm: Map<string, PlacedLoad[]>,
  options: PlanOptions,
): Unload[] {
  if (!desired) return [unload(load, 'unwanted')]
  if (serves(load, desired)) return isIdle(load, desired, options) ? [unload(load, 'idle')] : []
  if (load.active > 0) return []
  const succeeded = byRealm.get(load.realm)?.some((other) => serves(other, desired)) ?? false
  return succeeded || isIdle(load, desired, options) ? [unload(load, 'superseded')] : []
}

/** The idlest first, in each cell that holds too much, until it fits or only busy and fresh ones are left. */
function planMemory(
  placed: readonly PlacedLoad[],
  unloads: readonly Unload[],
  wanted: Map<string, DesiredRealm>,
  options: PlanOptions,
): Unload[] {
  const leaving = new Set(unloads.map(loadKey))
  const staying = placed.filter((load) => !leaving.has(loadKey(load)))
  const actions: Unload[] = []
  for (const loads of Map.groupBy(staying, (load) => load.cell).values()) {
    let heapBytes = loads.reduce((sum, load) => sum + load.heapBytes, 0)
    const evictable = loads.filter(
      (load) => load.active === 0 && restMs(load, wanted, options) > options.demandMs,
    )
    evictable.sort(
      (a, b) => restMs(b, wanted, options) - restMs(a, wanted, options) || (a.realm < b.realm ? -1 : 1),
    )
    for (const load of evictable) {
      if (heapBytes <= options.cellMemoryBytes) break
      heapBytes -= load.heapBytes
      actions.push(unload(load, 'memory'))
    }
  }
  return actions
}

function serves(load: PlacedLoad, desired: DesiredRealm): boolean {
  return load.deployment === desired.deployment && load.cordon === desired.cordon
}

function isIdle(load: PlacedLoad, desired: DesiredRealm, options: PlanOptions): boolean {
  return load.active === 0 && Math.min(load.idleMs, sinceDemand(desired, options)) > options.idleMs
}

/** Milliseconds since anything was asked of it. */
function restMs(load: PlacedLoad, wanted: Map<string, DesiredRealm>, options: PlanOptions): number {
  const desired = wanted.get(load.realm)
  return desired ? Math.min(load.idleMs, sinceDemand(desired, options)) : load.idleMs
}

/** Demand that lies in the future, by a clock that was set back, is taken as now. */
function sinceDemand(desired: DesiredRealm, options: PlanOptions): number {
  return Math.max(0, options.nowMs - desired.lastDemandMs)
}

function loadKey(load: { cell: string; realm: string; deployment: string }): string {
  return `${load.cell} ${load.realm} ${load.deployment}`
}

function unload({ cell, cordon, realm, deployment }: PlacedLoad, why: UnloadReason): Unload {
  return { action: 'unload', cell, cordon, realm, deployment, why }
}
