import { type HeldAnswer, IsolateDoor, type RawDoor } from './door.ts'
import type { Enter } from './host-door.ts'

/** The name under which a prelude leaves its boot function in the snapshot; the host takes it away at once. */
export const BOOT_GLOBAL = '__openzimkiBoot'

/** event, request, payload, bytes, call. */
export type EntryArgs = [string, number, string, ArrayBuffer | string | undefined, number]

/** When an entry began, in nanoseconds, and the answer where there is one already. */
export type EntryResult =
  | [beganNs: number]
  | [beganNs: number, operation: HeldAnswer['operation'], payload: string, bytes: HeldAnswer['bytes']]

/** How far a batch came. `isTail`: its entries were through, and what followed of the last still ran. */
export interface Progress {
  results: EntryResult[]
  isTail: boolean
}

/**
 * The host's way into the isolate: one function. It runs entries one after the other and stops after the first that does not
 * answer at once, so that what still runs then is that one's. Batches are numbered; `null` in place of one asks how far
 * an earlier one came that was stopped by its limit. What the host knows of, up to `settled`, is forgotten.
 */
export type HostEnter = (batch: EntryArgs[] | null, number: number, settled: number) => Progress

/** What the host calls once: its ways out, handed in one by one because each crosses by itself. */
export type Boot = (
  post: RawDoor['post'],
  sync: RawDoor['sync'],
  lib: { hrtime(): [number, number] },
) => HostEnter

/** A batch of which the host does not know yet how far it came; chained, because a program may have replaced every method there is. */
interface UnsettledBatch {
  number: number
  progress: Progress
  next: UnsettledBatch | null
}

function progressOf(oldest: UnsettledBatch | null, number: number): Progress {
  let batch = oldest
  while (batch !== null && batch.number !== number) batch = batch.next
  return batch?.progress ?? { results: [], isTail: false }
}

/** Wraps a kind's events into the host's one way in. */
export function bootWith(create: (door: IsolateDoor) => Enter): Boot {
  return (post, sync, lib) => {
    const door = new IsolateDoor({ post, sync, hrtime: () => lib.hrtime() })
    const enter = create(door)
    let oldest: UnsettledBatch | null = null
    let newest: UnsettledBatch | null = null
    return (batch, number, settled) => {
      while (oldest !== null && oldest.number <= settled) oldest = oldest.next
      if (batch === null) return progressOf(oldest, number)
      const progress: Progress = { results: [], isTail: false }
      const unsettled: UnsettledBatch = { number, progress, next: null }
      if (oldest === null || newest === null) oldest = unsettled
      else newest.next = unsettled
      newest = unsettled
      runBatch(door, enter, batch, progress.results)
      progress.isTail = true
      return progress
    }
  }
}

function runBatch(door: IsolateDoor, enter: Enter, batch: EntryArgs[], results: EntryResult[]): void {
  for (const [event, request, payload, bytes, call] of batch) {
    const began = door.stamp()
    const answer = door.entry(request, () => {
      if (event === 'settle') door.settle(call, payload, bytes as ArrayBuffer | undefined)
      else enter(event, request, payload, bytes as ArrayBuffer | undefined)
    })
    results.push(answer ? [began, answer.operation, answer.payload, answer.bytes] : [began])
    if (answer?.operation !== 'answer+done' && answer?.operation !== 'respond+done') return
  }
}

/** Leaves the boot function where the host finds it. */
export function leaveBoot(boot: Boot): void {
  Object.defineProperty(globalThis, BOOT_GLOBAL, { value: boot, configurable: true, enumerable: false })
}

/** Where the host leaves the namespace of a module for the kind's `start`, which takes it away. */
export const MODULE_NAMESPACE_GLOBAL = '__openzimkiModule'
