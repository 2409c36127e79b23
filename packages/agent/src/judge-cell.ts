import { loadKey } from './load-table.ts'
import { type Blame, type SuspectFacts, suspects } from './suspects.ts'
import type { Vitals } from './vitals.ts'

export interface JudgeBounds {
  hangMs: number
  overrunGraceMs: number
  startMs: number
  cellRssBytes: number
}

export interface CellFacts extends SuspectFacts {
  isReady: boolean
  /** Measured from outside; null: not known. */
  rssBytes: number | null
}

/** What to do with a cell; null: it does well. */
export type Verdict =
  | { act: 'kill'; reason: string; blame: Blame | null }
  | { act: 'replace'; reason: string }

/** Beyond its bound by this much, a cell is not given the time to drain. */
const HARD_MEMORY_FACTOR = 1.5
/** A fresh cell loads many programs at once; what it needs in the end shows later. */
const SETTLE_MS = 10_000
const MIB = 1024 * 1024

/** Judges a cell by what is seen from outside. Pure. */
export function judgeCell(facts: CellFacts, bounds: JudgeBounds, nowMs: number): Verdict | null {
  const { vitals } = facts
  if (!facts.isReady) return judgeStart(vitals, bounds, nowMs)
  const silentMs = vitals.unansweredSinceMs === null ? 0 : nowMs - vitals.unansweredSinceMs
  if (silentMs > bounds.hangMs) {
    const reason = `its process did not answer for ${Math.round(silentMs)} ms`
    return { act: 'kill', reason, blame: suspects(facts) }
  }
  return judgeOverrun(vitals, bounds) ?? judgeMemory(facts, bounds, nowMs)
}

function judgeStart(vitals: Vitals, bounds: JudgeBounds, nowMs: number): Verdict | null {
  if (nowMs - vitals.startedMs <= bounds.startMs) return null
  return { act: 'kill', reason: `it was not ready within ${bounds.startMs} ms`, blame: null }
}

function judgeOverrun({ isolates }: Vitals, { overrunGraceMs }: JudgeBounds): Verdict | null {
  const over = isolates.filter(({ overrunMs }) => overrunMs > overrunGraceMs)
  const longestMs = Math.max(0, ...over.map(({ overrunMs }) => overrunMs))
  if (over.length === 0) return null
  const reason = `it ran ${Math.round(longestMs)} ms past its CPU limit (cpuMs) and could not be stopped otherwise`
  return { act: 'kill', reason, blame: { keys: over.map(loadKey), known: true } }
}

function judgeMemory(facts: CellFacts, bounds: JudgeBounds, nowMs: number): Verdict | null {
  const { rssBytes, vitals } = facts
  if (rssBytes === null || rssBytes <= bounds.cellRssBytes) return null
  const figures = `${Math.round(rssBytes / MIB)} MiB, and its bound is ${Math.round(bounds.cellRssBytes / MIB)} MiB`
  if (rssBytes > bounds.cellRssBytes * HARD_MEMORY_FACTOR) {
    return { act: 'kill', reason: `its process holds ${figures}`, blame: suspects(facts) }
  }
  if (nowMs - vitals.startedMs < SETTLE_MS) return null
  return { act: 'replace', reason: `its process holds ${figures}` }
}
