import type { FailureVerdict } from '../judge/judge-failures.ts'
import type { MeterBounds } from '../judge/judge-meter.ts'
import type { Kill } from '../kills/kill.ts'
import type { SentRequest } from '../load/sent-request.ts'

/** What a storm found out. */
export interface StormReport {
  provider: string
  seed: number
  seconds: number
  kills: { part: string; what: string; atSeconds: number; failed: number }[]
  requests: { sent: number; answered: number; failed: number; refused: number }
  /** Longest that a right answer took: what a client waits when the part that would answer is killed. */
  longestMs: number
  written: number
  meter: MeterBounds[]
  /** Empty: all that was promised was kept. */
  complaints: string[]
}

export interface StormFacts {
  provider: string
  seed: number
  startMs: number
  endMs: number
  kills: readonly Kill[]
  sent: readonly SentRequest[]
  written: number
  failures: FailureVerdict
  meter: { bounds: MeterBounds[]; complaints: string[] }
  /** Of writes, machines and what is left. */
  complaints: readonly string[]
}

const SHOWN = 20

export function stormReport(facts: StormFacts): StormReport {
  const { provider, seed, startMs, endMs, kills, sent, written, failures, meter } = facts
  const answered = sent.filter(({ outcome }) => outcome === 'answered')
  const count = (which: SentRequest['outcome']) => sent.filter(({ outcome }) => outcome === which).length
  const seconds = (ms: number) => Math.round((ms - startMs) / 100) / 10
  return {
    ...{ provider, seed, seconds: seconds(endMs) },
    kills: kills.map(({ part, what, fromMs }, index) => ({
      ...{
        part,
        what,
        atSeconds: seconds(fromMs),
        failed: failures.explained.get(index)?.filter(({ outcome }) => outcome === 'failed').length ?? 0,
      },
    })),
    requests: {
      ...{ sent: sent.length, answered: answered.length, failed: count('failed'), refused: count('refused') },
    },
    longestMs: Math.round(answered.reduce((most, one) => Math.max(most, one.endMs - one.startMs), 0)),
    written,
    meter: meter.bounds,
    complaints: [
      ...shown(failures.unexplained, (one) => describe(one, 'failed and no kill explains it', startMs)),
      ...shown(failures.wrong, (one) => describe(one, 'was answered wrongly', startMs)),
      ...meter.complaints,
      ...facts.complaints,
    ],
  }
}

function describe(
  { realm, function: name, startMs, endMs, why }: SentRequest,
  what: string,
  zeroMs: number,
): string {
  const at = `${((startMs - zeroMs) / 1000).toFixed(2)} s to ${((endMs - zeroMs) / 1000).toFixed(2)} s`
  return `${realm} ${name}, from ${at}, ${what}: ${why}`
}

function shown<T>(list: readonly T[], text: (one: T) => string): string[] {
  const more = list.length > SHOWN ? [`... and ${list.length - SHOWN} more of these`] : []
  return [...list.slice(0, SHOWN).map(text), ...more]
}

/** For people. */
export function stormText(report: StormReport): string {
  const { provider, seed, seconds, kills, requests, longestMs, written, meter, complaints } = report
  const lines = [
    `Chaos on ${provider}: ${seconds} s, seed ${seed}, ${kills.length} kills.`,
    '',
    ...kills.map(
      ({ part, what, atSeconds, failed }) =>
        `  ${atSeconds.toFixed(1).padStart(6)} s  ${part.padEnd(8)} ${what}: ${failed} requests under way failed`,
    ),
    '',
    `  Requests   ${requests.sent} sent, ${requests.answered} answered, ${requests.failed} failed, ${requests.refused} found nobody listening; the longest wait for an answer was ${longestMs} ms`,
    `  Writes     ${written} acknowledged, all looked for`,
    ...meter.map(
      ({ realm, function: name, counted, answered, least, most }) =>
        `  Meter      ${realm} ${name}: ${counted} counted, ${answered} answered (${least} to ${most} would do)`,
    ),
    '',
    ...(complaints.length === 0
      ? [
          'Only requests under way in what was killed failed; nothing acknowledged is lost; the meter reconciles; nothing is left behind.',
        ]
      : [`${complaints.length} complaints:`, ...complaints.map((one) => `  - ${one}`)]),
  ]
  return `${lines.join('\n')}\n`
}
