import type { Kill } from '../kills/kill.ts'
import type { SentRequest } from '../load/sent-request.ts'

/** What the meter says of one realm. */
export interface RealmMeter {
  realm: string
  /** Requests of each function. */
  functions: ReadonlyMap<string, number>
  /** Its own total. */
  total: number
  /** The sum over the realm's rows in its account's books. */
  account: number
}

export interface MeterBounds {
  realm: string
  function: string
  counted: number
  answered: number
  /** At least this is counted: answered, but for what one second before each kill may have taken along. */
  least: number
  /** At most this: answered and whatever a kill met under way, which may have been done before nobody heard of it. */
  most: number
}

/** What a cell that is killed may take along. */
const LOST_MS = 1_000

/** Complaints; none means that the meter reconciles. */
export function judgeMeter(
  meters: readonly RealmMeter[],
  sent: readonly SentRequest[],
  kills: readonly Kill[],
): { bounds: MeterBounds[]; complaints: string[] } {
  const bounds = meters.flatMap((meter) =>
    (['/write', '/read'] as const).map((name) => boundsOf(meter, name, sent, kills)),
  )
  return { bounds, complaints: [...meters.flatMap(sumComplaints), ...bounds.flatMap(boundComplaints)] }
}

function boundsOf(
  { realm, functions }: RealmMeter,
  name: SentRequest['function'],
  sent: readonly SentRequest[],
  kills: readonly Kill[],
): MeterBounds {
  const own = sent.filter((request) => request.realm === realm && request.function === name)
  const meeting = kills.filter(({ realms }) => realms.includes(realm))
  const answered = own.filter(({ outcome }) => outcome === 'answered' || outcome === 'wrong')
  const isLost = ({ endMs }: SentRequest) =>
    meeting.some(({ fromMs, untilMs }) => endMs >= fromMs - LOST_MS && endMs <= untilMs)
  const isUnderWay = ({ startMs, endMs }: SentRequest) =>
    meeting.some(({ fromMs, untilMs }) => startMs <= untilMs && endMs >= fromMs)
  const underWay = own.filter(
    (request) => request.outcome === 'failed' || (request.outcome === 'answered' && isUnderWay(request)),
  ).length
  const counted = functions.get(name) ?? 0
  return {
    ...{ realm, function: name, counted, answered: answered.length },
    least: answered.length - answered.filter(isLost).length,
    most: answered.length + underWay,
  }
}

function boundComplaints({ realm, function: name, counted, least, most }: MeterBounds): string[] {
  if (counted < least)
    return [`${realm} ${name}: ${counted} requests counted, at least ${least} were answered`]
  if (counted > most)
    return [`${realm} ${name}: ${counted} requests counted, but no more than ${most} were made`]
  return []
}

function sumComplaints({ realm, functions, total, account }: RealmMeter): string[] {
  const sum = [...functions.values()].reduce((all, one) => all + one, 0)
  if (sum === total && total === account) return []
  return [`${realm}: its functions sum to ${sum} requests, the realm to ${total}, its account to ${account}`]
}
