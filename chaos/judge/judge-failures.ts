import type { Kill } from '../kills/kill.ts'
import type { SentRequest } from '../load/sent-request.ts'

export interface FailureVerdict {
  /** Failures that some kill explains, by the kill's place in the list. */
  explained: Map<number, SentRequest[]>
  /** Failures that none explains. */
  unexplained: SentRequest[]
  wrong: SentRequest[]
}

/**
 * How long after a kill's window a request that it caught may still be told so. More would be a request that waited for something that
 * did not come.
 */
export const TOLD_WITHIN_MS = 2_000

/** A kill explains the failure of a request that was under way within its window, in a realm that it answered for, and told soon. */
export function judgeFailures(sent: readonly SentRequest[], kills: readonly Kill[]): FailureVerdict {
  const explained = new Map<number, SentRequest[]>()
  const unexplained: SentRequest[] = []
  for (const request of sent) {
    if (request.outcome !== 'failed' && request.outcome !== 'refused') continue
    const index = kills.findLastIndex((kill) => explains(kill, request))
    if (index < 0) unexplained.push(request)
    else explained.set(index, [...(explained.get(index) ?? []), request])
  }
  return { explained, unexplained, wrong: sent.filter(({ outcome }) => outcome === 'wrong') }
}

function explains({ realms, fromMs, untilMs }: Kill, { realm, startMs, endMs }: SentRequest): boolean {
  if (!realms.includes(realm)) return false
  return startMs <= untilMs && endMs >= fromMs && endMs <= untilMs + TOLD_WITHIN_MS
}
