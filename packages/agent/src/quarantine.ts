import { PlatformError } from '@openzimki/core'
import { type DeploymentRef, loadKey } from './load-table.ts'

const STRIKES = 3
const WINDOW_MS = 10 * 60_000
/** Suspects are split into so many cells at most, so that one hang among a thousand realms does not make a thousand processes. */
const MAX_GROUPS = 8

interface Case {
  /** Which of the cordon's cells it belongs to; empty: the common one. */
  group: string
  strikesMs: number[]
  refusal: string | null
}

/**
 * Remembers which deployments brought cells down. One strike: it gets a cell of its own. Three within ten minutes: it is
 * refused as long as this agent runs; a new deployment starts with a clean record.
 */
export class Quarantine {
  readonly #cases = new Map<string, Case>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Which of its cordon's cells a deployment belongs to. QUARANTINED, with the reason, when it is refused. */
  group(ref: DeploymentRef): string {
    const found = this.#cases.get(loadKey(ref))
    if (found?.refusal) throw refused(found.refusal, found.strikesMs.length)
    return found?.group ?? ''
  }

  /** It did it. True: it is refused from now on. */
  strike(key: string, reason: string): boolean {
    const found = this.#caseOf(key)
    const nowMs = this.#nowMs()
    found.group = `!${key}`
    found.strikesMs = [...found.strikesMs.filter((atMs) => nowMs - atMs < WINDOW_MS), nowMs]
    if (found.strikesMs.length >= STRIKES) found.refusal = reason
    return found.refusal !== null
  }

  /** One of these did it. They are parted, so that the next time tells more. */
  suspect(keys: readonly string[]): void {
    const groups = Math.min(keys.length, MAX_GROUPS)
    for (const [index, key] of keys.entries()) {
      const found = this.#caseOf(key)
      found.group = keys.length <= MAX_GROUPS ? `!${key}` : `${found.group}.${index % groups}`
    }
  }

  #caseOf(key: string): Case {
    const found = this.#cases.get(key) ?? { group: '', strikesMs: [], refusal: null }
    this.#cases.set(key, found)
    return found
  }
}

function refused(reason: string, strikes: number): PlatformError {
  return new PlatformError(
    'QUARANTINED',
    `this deployment is refused: it brought its process down ${strikes} times within ${WINDOW_MS / 60_000} minutes; the last ` +
      `time, ${reason}. Deploy a version that keeps its limits`,
    { details: { reason, strikes } },
  )
}
