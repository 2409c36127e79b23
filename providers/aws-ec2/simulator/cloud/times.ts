/** How long things take, in milliseconds. AWS takes longer; these are for tests that do not want to wait. */
export interface Times {
  /** pending -> running */
  pendingMs: number
  /** running -> status checks say ok */
  checksMs: number
  /** stopping -> stopped */
  stoppingMs: number
  /** shutting-down -> terminated */
  shuttingDownMs: number
  /** How long what is terminated is still described. */
  lingerMs: number
  /** From a spot interruption's notice to the end. */
  noticeMs: number
}

export const QUICK: Times = {
  pendingMs: 100,
  checksMs: 100,
  stoppingMs: 50,
  shuttingDownMs: 50,
  lingerMs: 3_600_000,
  noticeMs: 120_000,
}
