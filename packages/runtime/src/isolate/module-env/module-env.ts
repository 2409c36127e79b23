import type { HostDoor } from '../host-door.ts'
import { classesOf } from './classes.ts'

/** The `env` of a module: the realm's variables and secrets, and `env.zimki`, the platform's services. */
export function moduleEnv(door: HostDoor, variables: Record<string, string>): object {
  const zimki = Object.freeze({ classes: classesOf(door) })
  return { ...variables, zimki }
}
