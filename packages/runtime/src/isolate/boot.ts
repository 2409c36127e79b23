import { IsolateDoor, type RawDoor } from './door.ts'
import type { Enter } from './host-door.ts'

/** The name under which a prelude leaves its boot function in the snapshot; the host takes it away at once. */
export const BOOT_GLOBAL = '__openzimkiBoot'

/**
 * The host's way into the isolate: one function. It returns the time at which it began, in nanoseconds, so that
 * the host can tell the slices of several requests apart, and the answer where there is one already.
 */
export type HostEnter = (
  event: string,
  request: number,
  payload: string,
  bytes: ArrayBuffer | undefined,
  call: number,
) => number | [beganNs: number, operation: string, payload: string, bytes: ArrayBuffer | string | undefined]

/** What the host calls once: its ways out, handed in one by one because each crosses by itself. */
export type Boot = (
  post: RawDoor['post'],
  sync: RawDoor['sync'],
  lib: { hrtime(): [number, number] },
) => HostEnter

/** Wraps a kind's events into the host's one way in. */
export function bootWith(create: (door: IsolateDoor) => Enter): Boot {
  return (post, sync, lib) => {
    const door = new IsolateDoor({ post, sync, hrtime: () => lib.hrtime() })
    const enter = create(door)
    return (event, request, payload, bytes, call) => {
      const began = door.stamp()
      const answer = door.entry(request, () => {
        if (event === 'settle') door.settle(call, payload, bytes)
        else enter(event, request, payload, bytes)
      })
      return answer ? [began, answer.operation, answer.payload, answer.bytes] : began
    }
  }
}

/** Leaves the boot function where the host finds it. */
export function leaveBoot(boot: Boot): void {
  Object.defineProperty(globalThis, BOOT_GLOBAL, { value: boot, configurable: true, enumerable: false })
}

/** Where the host leaves the namespace of a module for the kind's `start`, which takes it away. */
export const MODULE_NAMESPACE_GLOBAL = '__openzimkiModule'
