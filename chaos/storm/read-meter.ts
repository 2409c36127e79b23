import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import type { RealmMeter } from '../judge/judge-meter.ts'
import type { ZimkiProcess } from '../processes/zimki-process.ts'
import type { StormRealm } from './set-up-realms.ts'

/** A cell closes a window every second, and an agent ships it at once. */
const QUIET_MS = 3_000
const PATIENCE_MS = 30_000

/** What the meter says once nothing more is added: all that was spooled has arrived. Rejects when it does not come to rest. */
export async function readMeter(
  platform: ZimkiProcess,
  realms: readonly StormRealm[],
  data: string,
): Promise<RealmMeter[]> {
  const deadlineMs = performance.now() + PATIENCE_MS
  let before = ''
  while (performance.now() < deadlineMs) {
    const meters = await Promise.all(realms.map((realm) => readOne(platform, realm, data)))
    const now = JSON.stringify(meters.map(({ functions, ...sums }) => [sums, [...functions]]))
    if (now === before) return meters
    before = now
    await delay(QUIET_MS)
  }
  throw new Error(`the meter did not come to rest within ${PATIENCE_MS} ms after the load`)
}

async function readOne(platform: ZimkiProcess, realm: StormRealm, data: string): Promise<RealmMeter> {
  const { items, totals } = await platform.client.usage.get({
    params: { realm: realm.id },
    query: { by: 'function' },
  })
  return {
    realm: realm.name,
    functions: new Map(items.map(({ group, requests }) => [group, requests])),
    total: totals.requests,
    account: requestsOfAccount(data, realm.account),
  }
}

/** From the books themselves: the API shows accounts no sum yet. */
function requestsOfAccount(data: string, account: string): number {
  const database = new DatabaseSync(join(data, 'control.sqlite'), { readOnly: true })
  try {
    const sum = database.prepare('select sum(requests) as requests from usage_hours where account = ?')
    return Number(sum.get(account)?.requests ?? 0)
  } finally {
    database.close()
  }
}
