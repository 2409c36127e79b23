import { createHash } from 'node:crypto'

export type Value = string | number | null

const MODULUS = 2n ** 256n

/** What a set of rows holds, in whatever order it is read: their number, and the sum of their hashes, by group (realm). */
export class ContentDigest {
  readonly #groups = new Map<string, { rows: number; sum: bigint }>()

  add(group: string, row: readonly Value[]): void {
    const hash = createHash('sha256').update(JSON.stringify(row)).digest('hex')
    const known = this.#groups.get(group) ?? { rows: 0, sum: 0n }
    this.#groups.set(group, { rows: known.rows + 1, sum: (known.sum + BigInt(`0x${hash}`)) % MODULUS })
  }

  get rows(): number {
    return this.#groups.values().reduce((sum, { rows }) => sum + rows, 0)
  }

  /** Of everything, in hex. */
  get total(): string {
    const sum = this.#groups.values().reduce((all, group) => (all + group.sum) % MODULUS, 0n)
    return sum.toString(16).padStart(64, '0')
  }

  /** Groups that differ, by name. */
  differing(other: ContentDigest): string[] {
    const names = new Set([...this.#groups.keys(), ...other.#groups.keys()])
    return [...names].filter((name) => {
      const [a, b] = [this.#groups.get(name), other.#groups.get(name)]
      return a?.rows !== b?.rows || a?.sum !== b?.sum
    })
  }
}
