import type { UsageRecord, UsageWindow } from '@openzimki/core'
import { addAmounts, wholeAmounts } from './usage-amounts.ts'

/** Where amounts go whose function finds no room in the window any more. */
export const OTHER_FUNCTION = '(other)'

export interface AggregatorOptions {
  /** UUID of the cell process that measures. */
  source: string
  /** Start of the first window, milliseconds since 1970. */
  startMs: number
  /** Distinct function names that one realm may have in one window; further ones are charged to `(other)`. Default 256. */
  functionsPerRealm?: number
  /** UTF-16 units of a function's name; the rest is cut off. Default 200. */
  functionChars?: number
  /** Windows kept that were never acknowledged. Default 16. */
  maxPending?: number
}

/**
 * Adds usage records up into numbered windows, keeps each until it is acknowledged, and offers it again.
 *
 * Bounded whatever a program does: names of functions are the only label it can invent, and their number and length are
 * limited; nothing is ever lost, it is only told apart less finely. While `maxPending` windows wait, the open window is
 * simply not closed: it goes on adding up, so a control plane that is away for a day costs no memory and no meter.
 */
export class UsageAggregator {
  readonly #source: string
  readonly #functionsPerRealm: number
  readonly #functionChars: number
  readonly #maxPending: number
  readonly #pending: UsageWindow[] = []
  #rows = new Map<string, UsageRecord>()
  /** The row of the record before: the next is most often of the same labels, and to compare them costs less than to find it. */
  #latest: UsageRecord | null = null
  #functions = new Map<string, Set<string>>()
  #startMs: number
  #sequence = 0

  constructor(options: AggregatorOptions) {
    this.#source = options.source
    this.#startMs = options.startMs
    this.#functionsPerRealm = options.functionsPerRealm ?? 256
    this.#functionChars = options.functionChars ?? 200
    this.#maxPending = options.maxPending ?? 16
  }

  /** Counts one finished request. */
  add(record: UsageRecord): void {
    if (this.#latest && hasSameLabels(this.#latest, record)) addAmounts(this.#latest, record)
    else this.#latest = this.#add(record)
  }

  #add(record: UsageRecord): UsageRecord {
    const name = this.#admit(record.realm, this.#boundName(record.function))
    // A space cannot be in the labels before the name, and the name comes last, so no two label sets share a key.
    const key = `${record.account} ${record.realm} ${record.key} ${record.deployment} ${record.outcome} ${name}`
    const known = this.#rows.get(key)
    if (known) addAmounts(known, record)
    const row = known ?? { ...record, function: name }
    if (!known) this.#rows.set(key, row)
    return row
  }

  /**
   * Ends the window at `nowMs` and answers it; it waits from now on in `pending`. Null when nothing was counted, or when
   * too many windows wait already. Amounts are rounded to whole units here, once a row.
   */
  close(nowMs: number): UsageWindow | null {
    if (this.#rows.size === 0) {
      this.#startMs = nowMs
      return null
    }
    if (this.#pending.length >= this.#maxPending) return null
    this.#sequence += 1
    const rows = Array.from(this.#rows.values(), (row) => ({ ...row, ...wholeAmounts(row) }))
    const window = {
      source: this.#source,
      sequence: this.#sequence,
      startMs: this.#startMs,
      endMs: Math.max(nowMs, this.#startMs),
      rows,
    }
    this.#pending.push(window)
    this.#rows = new Map()
    this.#latest = null
    this.#functions = new Map()
    this.#startMs = window.endMs
    return window
  }

  /** Windows not yet acknowledged, oldest first. Offering one again is harmless: it is counted by (source, sequence). */
  pending(): readonly UsageWindow[] {
    return this.#pending
  }

  /** The window is safe on disk elsewhere. Unknown numbers are ignored, so a repeated acknowledgement is harmless. */
  ack(sequence: number): void {
    const index = this.#pending.findIndex((window) => window.sequence === sequence)
    if (index >= 0) this.#pending.splice(index, 1)
  }

  /** True: everything counted was acknowledged. */
  get empty(): boolean {
    return this.#rows.size === 0 && this.#pending.length === 0
  }

  #admit(realm: string, name: string): string {
    let names = this.#functions.get(realm)
    if (!names) {
      names = new Set()
      this.#functions.set(realm, names)
    }
    if (names.has(name)) return name
    if (names.size >= this.#functionsPerRealm) return OTHER_FUNCTION
    names.add(name)
    return name
  }

  #boundName(name: string): string {
    return SIMPLE_NAME.test(name) && name.length <= this.#functionChars
      ? name
      : printableName(name, this.#functionChars)
  }
}

function hasSameLabels(row: UsageRecord, record: UsageRecord): boolean {
  return (
    row.realm === record.realm &&
    row.function === record.function &&
    row.outcome === record.outcome &&
    row.key === record.key &&
    row.deployment === record.deployment &&
    row.account === record.account
  )
}

const SIMPLE_NAME = /^[\x20-\x7e]*$/

/** Cut to length, and without what would garble a terminal or break in UTF-8: controls, lone surrogates. */
function printableName(name: string, maxChars: number): string {
  return name
    .slice(0, maxChars)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd')
}
