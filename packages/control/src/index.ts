export { type Caller, PLATFORM } from './caller.ts'
export type { ControlLog } from './control-context.ts'
export {
  type ControlOptions,
  type ControlTimings,
  DEFAULT_TIMINGS,
  type LeftBehind,
  type MachineOptions,
  type PoolOptions,
} from './control-options.ts'
export { type Control, createControl } from './create-control.ts'
export type { Operator } from './operator.ts'
export { type PoolSettings, parsePools } from './pool-settings.ts'
export type { Invoke } from './realm-invoker.ts'
export type { Services } from './services.ts'
