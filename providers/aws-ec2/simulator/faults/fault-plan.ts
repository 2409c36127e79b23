import { type FaultInput, type FaultKind, type FaultRule, faultRule } from './fault-rule.ts'

interface Armed {
  id: number
  rule: FaultRule
  left: number
}

/** The faults in force. They can be changed at any time; chance comes from the seed alone. */
export class FaultPlan {
  readonly #random: () => number
  #armed: Armed[] = []
  #lastId = 0
  #struck = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** Returns the number to take it back with. */
  add(input: FaultInput): number {
    const rule = faultRule.parse(input)
    this.#lastId += 1
    this.#armed.push({ id: this.#lastId, rule, left: rule.times ?? Number.POSITIVE_INFINITY })
    return this.#lastId
  }

  /** How often any has struck. */
  get struck(): number {
    return this.#struck
  }

  remove(id: number): void {
    this.#armed = this.#armed.filter((one) => one.id !== id)
  }

  clear(): void {
    this.#armed = []
  }

  list(): { id: number; rule: FaultRule }[] {
    return this.#armed.map(({ id, rule }) => ({ id, rule }))
  }

  /** The first rule of this kind that strikes now, or null. Asking is drawing: a rule with a share draws once an ask. */
  strike<K extends FaultKind>(
    kind: K,
    facts: Record<string, string>,
  ): Extract<FaultRule, { kind: K }> | null {
    for (const one of this.#armed) {
      if (one.rule.kind !== kind || !fits(one.rule, facts)) continue
      if (this.#random() >= one.rule.share) continue
      this.#struck += 1
      one.left -= 1
      if (one.left <= 0) this.remove(one.id)
      return one.rule as Extract<FaultRule, { kind: K }>
    }
    return null
  }
}

function fits(rule: FaultRule, facts: Record<string, string>): boolean {
  const wanted = Object.entries(rule) as [string, unknown][]
  return wanted.every(([name, value]) => {
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined
    return fact === undefined || typeof value !== 'string' || like(value, fact)
  })
}

function like(pattern: string, value: string): boolean {
  const parts = pattern.split('*')
  if (parts.length === 1) return pattern === value
  const [first = '', last = ''] = [parts[0], parts.at(-1)]
  if (!value.startsWith(first) || !value.endsWith(last)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = value.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return value.length - last.length >= at
}
