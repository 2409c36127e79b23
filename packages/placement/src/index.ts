export * from './build-route-snapshot.ts'
export * from './choose.ts'
export * from './plan-cells.ts'
export * from './route-table.ts'
