/** One thing to do. `why` is for the operator, in words. */
export type PlanAction =
  /** `prepared`: only to be kept ready to be started. */
  | { action: 'launch'; pool: string; reason: LaunchReason | 'prepared'; why: string; prepared?: true }
  /** One that is prepared takes work from now on. */
  | { action: 'start'; pool: string; machine: string; reason: LaunchReason; why: string }
  /** Nothing new is given to it from now on; its realms move away. */
  | { action: 'drain'; pool: string; machine: string; reason: DrainReason; why: string }
  | { action: 'destroy'; pool: string; machine: string; reason: DestroyReason; why: string }
  | { action: 'load'; realm: string; account: string; machine: string; reason: LoadReason; why: string }
  /** Out of the routes at once; what it answers is finished first. */
  | { action: 'unload'; realm: string; account: string; machine: string; reason: UnloadReason; why: string }

export type LaunchReason = 'floor' | 'stand-in' | 'spare' | 'need' | 'successor'
export type DrainReason = 'outdated' | 'above-ceiling' | 'empty' | 'half-empty'
export type DestroyReason = 'lost' | 'drained' | 'forced' | 'outdated' | 'surplus'
export type LoadReason =
  | 'asked-for'
  | 'leaving'
  | 'not-allowed'
  | 'below-floor'
  | 'busy'
  | 'full'
  | 'come-back'
export type UnloadReason = 'leaving' | 'not-allowed' | 'below-floor' | 'calm'

/** What should be done and cannot be, and why, in words. */
export interface PlanProblem {
  /** Pool or realm. */
  about: string
  why: string
}

export interface FleetPlan {
  /** In the order in which they are to be carried out. */
  actions: PlanAction[]
  problems: PlanProblem[]
}
