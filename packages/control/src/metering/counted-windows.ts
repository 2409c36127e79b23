import type { Knex } from 'knex'

/** A window by its name. */
export interface WindowName {
  machine: string
  source: string
  sequence: number
}

/** Windows of one cell that may wait for a gap before them to close. A cell that lies about its numbers gets no further. */
const MAX_AHEAD = 10_000

/**
 * Remembers which windows were counted: up to where without a gap, and those beyond it. A window that was counted by an older
 * version, which kept each, is known too. To be called in the transaction that counts.
 */
export async function markCounted(
  db: Knex.Transaction,
  { machine, source, sequence }: WindowName,
  nowMs: number,
): Promise<'new' | 'known'> {
  const of = { machine, source }
  const row: { counted_to: number } | undefined = await db('usage_sources').where(of).first()
  const countedTo = row?.counted_to ?? 0
  if (sequence <= countedTo) return 'known'
  const ahead: { sequence: number }[] = await db('usage_ahead')
    .where(of)
    .select('sequence')
    .orderBy('sequence')
  const beyond = new Set(ahead.map((one) => one.sequence))
  if (beyond.has(sequence)) return 'known'
  if (await db('usage_windows').where({ source, sequence }).first()) return 'known'
  let next = countedTo
  beyond.add(sequence)
  while (beyond.delete(next + 1)) next += 1
  // With too many ahead the gap is given up, which can only lose a window that is still to come.
  while (beyond.size > MAX_AHEAD) {
    next = Math.min(...beyond)
    while (beyond.delete(next)) next += 1
    next -= 1
  }
  const value = { ...of, counted_to: next, last_ms: nowMs }
  await db('usage_sources').insert(value).onConflict(['machine', 'source']).merge()
  await db('usage_ahead').where(of).where('sequence', '<=', next).delete()
  if (sequence > next) await db('usage_ahead').insert({ ...of, sequence })
  return 'new'
}

/** Forgets cells that have not reported since. */
export async function forgetSources(db: Knex, beforeMs: number): Promise<void> {
  await db.transaction(async (transaction) => {
    const old = transaction('usage_sources').where('last_ms', '<', beforeMs)
    const rows: { machine: string; source: string }[] = await old.clone().select('machine', 'source')
    for (const row of rows) await transaction('usage_ahead').where(row).delete()
    await old.delete()
    await transaction('usage_windows').where('received_at_ms', '<', beforeMs).delete()
  })
}
