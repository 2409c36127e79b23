export * from './build-route-snapshot.ts'
export * from './choose.ts'
export {
  type FleetState,
  ISOLATIONS,
  type Isolation,
  isBehind,
  type MachineState,
  mayRunIn,
  type PoolState,
  type RealmLoad,
  type RealmState,
} from './plan/fleet-state.ts'
export { homesIn } from './plan/homes.ts'
export * from './plan/plan.ts'
export * from './plan/plan-action.ts'
export * from './plan/plan-options.ts'
export * from './route-table.ts'
