export type { Control, InterruptOptions } from './control/control.ts'
export type { FaultInput } from './faults/fault-rule.ts'
export type { SimulatorOptions } from './simulator-options.ts'
export { type Simulator, startSimulator } from './start-simulator.ts'
