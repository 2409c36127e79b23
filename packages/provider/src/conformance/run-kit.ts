import { PlatformError } from '@openzimki/core'
import { GROUP_ADVICE } from './group-advice.ts'
import type { ConformanceCase, ProviderHarness } from './harness.ts'
import { providerCases, titleOf } from './provider-cases.ts'
import { runCase } from './run-case.ts'

export interface KitRunOptions {
  harness: ProviderHarness
  /** `group: name` to the reason. INVALID_ARGUMENT when there is no such case. */
  skip?: Readonly<Record<string, string>>
  /** Aborted: the case under way is cut short, all that was launched is destroyed, and the rest counts as skipped. */
  signal?: AbortSignal
  /** First part of the names of the owners, at most 16 characters, for infrastructures that remember those of an earlier run. Default `case`. */
  owners?: string
  /** Longest time for one case; then it fails. Default 120,000. */
  caseTimeoutMs?: number
  /** Before each case, for showing progress; `index` from 0. */
  onStart?(one: ConformanceCase, index: number, total: number): void
  onResult?(result: CaseResult, index: number, total: number): void
}

export interface CaseResult {
  group: string
  name: string
  outcome: 'passed' | 'failed' | 'skipped'
  ms: number
  /** Why it failed or was skipped; null when it passed. */
  message: string | null
  /** What a failure of this group mostly means; null otherwise. */
  advice: string | null
}

export interface KitReport {
  passed: number
  failed: number
  skipped: number
  cases: CaseResult[]
}

const CASE_TIMEOUT_MS = 120_000

/** Runs every case once, in order; a failing case does not end the run. Does not close the harness. */
export async function runKit(options: KitRunOptions): Promise<KitReport> {
  const { skip = {}, signal } = options
  refuseUnknown(skip)
  const cases: CaseResult[] = []
  for (const [index, one] of providerCases.entries()) {
    options.onStart?.(one, index, providerCases.length)
    const reason = skip[titleOf(one)] ?? (signal?.aborted ? 'the run was interrupted' : undefined)
    const result = reason === undefined ? await resultOf(options, one, index) : skippedBecause(one, reason)
    cases.push(result)
    options.onResult?.(result, index, providerCases.length)
  }
  const count = (wanted: CaseResult['outcome']) => cases.filter(({ outcome }) => outcome === wanted).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), cases }
}

async function resultOf(options: KitRunOptions, one: ConformanceCase, index: number): Promise<CaseResult> {
  const { group, name } = one
  const timeoutMs = options.caseTimeoutMs ?? CASE_TIMEOUT_MS
  const timeout = AbortSignal.timeout(timeoutMs)
  const signals = options.signal ? [options.signal, timeout] : [timeout]
  const beganMs = performance.now()
  const tookMs = () => Math.round(performance.now() - beganMs)
  try {
    const owner = `${options.owners ?? 'case'}-${index}`
    await runCase(options.harness, one, owner, AbortSignal.any(signals))
    return { group, name, outcome: 'passed', ms: tookMs(), message: null, advice: null }
  } catch (thrown) {
    if (options.signal?.aborted) return { ...skippedBecause(one, 'the run was interrupted'), ms: tookMs() }
    const message = timeout.aborted
      ? `it did not end within ${timeoutMs} ms`
      : PlatformError.from(thrown).message
    return { group, name, outcome: 'failed', ms: tookMs(), message, advice: GROUP_ADVICE[group] ?? null }
  }
}

function skippedBecause({ group, name }: ConformanceCase, message: string): CaseResult {
  return { group, name, outcome: 'skipped', ms: 0, message, advice: null }
}

function refuseUnknown(skip: Readonly<Record<string, string>>): void {
  const known = new Set(providerCases.map(titleOf))
  const unknown = Object.keys(skip).filter((title) => !known.has(title))
  if (unknown.length === 0) return
  throw new PlatformError('INVALID_ARGUMENT', `there is no case to skip with the name ${unknown.join(', ')}`)
}
