export * from './agent.ts'
export * from './agent-config.ts'
export * from './cell-command.ts'
export { type LeftSpools, leftSpools } from './left-spools.ts'
