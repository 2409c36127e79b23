import type { RealmState } from './fleet-state.ts'

/**
 * What the realms in each machine use, added up; machines by their place in the table. Numbers of a kind lie side by side, as a million
 * realms are counted into ten thousand machines: with objects most of the time goes into waiting for memory.
 */
export class Tally {
  readonly usedBytes: Float64Array
  readonly usedCpus: Float64Array
  /** Of the largest realm. */
  readonly largestBytes: Float64Array
  readonly realms: Uint32Array
  /** Of them, those that other machines hold too. */
  readonly spread: Uint32Array

  constructor(machines: number) {
    this.usedBytes = new Float64Array(machines)
    this.usedCpus = new Float64Array(machines)
    this.largestBytes = new Float64Array(machines)
    this.realms = new Uint32Array(machines)
    this.spread = new Uint32Array(machines)
  }

  /** One of the realm's loads is there. */
  add(at: number, { memoryBytes, cpus, loads }: RealmState): void {
    this.usedBytes[at]! += memoryBytes
    this.usedCpus[at]! += loads.length > 1 ? cpus / loads.length : cpus
    this.realms[at]! += 1
    if (loads.length > 1) this.spread[at]! += 1
    if (memoryBytes > this.largestBytes[at]!) this.largestBytes[at] = memoryBytes
  }
}
