/** Shares are of a machine's memory or cores, whichever is scarcer. Between two marks nothing moves: that is what keeps a plan still. */
export interface PlanOptions {
  /** A machine above it gives realms away. */
  fullShare: number
  /** A machine is filled up to this. */
  fillShare: number
  /** Realms come back to a pool they would rather be in, onto machines below this. */
  backShare: number
  /** A pool gives a machine up when those that stay would be below this. */
  shrinkShare: number
  /** A machine without realms is given up after this long. */
  emptyMs: number
  /** A machine that came so lately, and has nothing yet, is about to be given what it came for: until then nothing is prepared. */
  freshMs: number
  /** A realm whose requests wait longer gets another cell. */
  waitHighMs: number
  /** A realm whose requests wait less gives one back. */
  waitLowMs: number
  /** A realm gives a cell back only when its work is below this share of what the others can do. */
  calmShare: number
  /** And below this share of the work that it had when that many were too few. */
  outgrownShare: number
  /** Cells of one realm. */
  maxCells: number
  /** Machines of a pool that may exist above its ceiling, while as many are replaced. */
  surge: number
  /** In one round and pool. */
  maxLaunches: number
  /** In one round and pool, of machines that nothing is wrong with. */
  maxDrains: number
  /** In one round, of all. */
  maxLoads: number
  maxUnloads: number
}

export const DEFAULT_PLAN_OPTIONS: PlanOptions = {
  ...{ fullShare: 0.9, fillShare: 0.8, backShare: 0.6, shrinkShare: 0.5 },
  ...{ emptyMs: 5 * 60_000, freshMs: 5_000 },
  ...{ waitHighMs: 50, waitLowMs: 5, calmShare: 0.7, outgrownShare: 0.7, maxCells: 16 },
  ...{ surge: 1, maxLaunches: 20, maxDrains: 5, maxLoads: 1_000, maxUnloads: 1_000 },
}
