/** The kit without Jest: for the command line and for other runners. */
export * from './adapter-harness.ts'
export { GROUP_ADVICE } from './group-advice.ts'
export * from './harness.ts'
export { probeCommand, probePath } from './probe-facts.ts'
export * from './provider-cases.ts'
export * from './run-case.ts'
export * from './run-kit.ts'
