import { type ApiCall, STEPS } from './api-call.ts'
import { ENGINE_FAULTS, type EngineFault } from './engine-fault.ts'

/** Which calls fail, and how: each step with each fault in turn, at random times; so a long run has met all of them. */
export class FaultPlan {
  readonly #random: () => number
  readonly #share: number
  readonly #counts = new Map<string, number>()
  #isOn = true

  /** `share`: of the calls that are disturbed, from 0 to 1. */
  constructor(random: () => number, share: number) {
    this.#random = random
    this.#share = share
  }

  /** Null: all goes well. Of the faults that this call has met least, one at random. */
  next(call: ApiCall): EngineFault | null {
    if (!this.#isOn || call === 'other' || this.#random() >= this.#share) return null
    const least = Math.min(...ENGINE_FAULTS.map((fault) => this.count(call, fault)))
    const rare = ENGINE_FAULTS.filter((fault) => this.count(call, fault) === least)
    const fault = rare[Math.floor(this.#random() * rare.length)] as EngineFault
    this.#counts.set(`${call} ${fault}`, least + 1)
    return fault
  }

  /** From now on all goes well. */
  end(): void {
    this.#isOn = false
  }

  count(call: ApiCall, fault: EngineFault): number {
    return this.#counts.get(`${call} ${fault}`) ?? 0
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** `step fault` that never happened. */
  missing(): string[] {
    return STEPS.flatMap((call) =>
      ENGINE_FAULTS.flatMap((fault) => (this.count(call, fault) === 0 ? [`${call} ${fault}`] : [])),
    )
  }
}
