import type { ArgSpec } from './arguments.ts'

// biome-ignore lint/suspicious/noConfusingVoidType: programs' functions may return nothing
export type ServiceFunction = (...args: never[]) => unknown | void

/** One `zimki.publishService(name, fn, example, argSpec)`. */
export interface Service {
  fn: ServiceFunction
  /** XML whose shape the answer takes. */
  example?: string
  argSpec?: ArgSpec
  /** Names of the parameters; absent: read off the function's own text. */
  parameterNames?: readonly string[]
}

/** Services by name. A Map, so that no name can reach a prototype. */
export type Registry = ReadonlyMap<string, Service>
