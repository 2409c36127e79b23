import type { KeyObject } from 'node:crypto'
import type { Outcome } from '@openzimki/core'
import { makeReading, type PriceList, readingLine, signReading } from '@openzimki/meter'
import type { BlobRefs, ObjectStore } from '@openzimki/store'
import type { Knex } from 'knex'
import type { ControlContext } from '../control-context.ts'
import { fromColumns } from './amount-columns.ts'
import { HOUR_MS, hourOf } from './usage-intake.ts'

export interface ReadingSealerParts {
  context: ControlContext
  provider: string
  privateKey: KeyObject
  price: PriceList
  objects: ObjectStore
  refs: BlobRefs
  /** How long after its end an hour stays open for windows that come late. */
  lagMs: number
}

interface HourRow extends Record<string, unknown> {
  function: string
  key: string
  outcome: Outcome
}

/** Makes the hourly readings: signed, each hung on the one before of its realm. */
export class ReadingSealer {
  readonly #parts: ReadingSealerParts

  constructor(parts: ReadingSealerParts) {
    this.#parts = parts
  }

  /** Seals every hour that is over and not sealed yet; the number of readings made. Safe to repeat. */
  async seal(): Promise<number> {
    const { context, lagMs } = this.#parts
    const openHour = hourOf(context.clock.nowMs() - lagMs)
    const due: { realm: string; account: string; hour_ms: number }[] = await context
      .db('usage_hours')
      .leftJoin('readings', (join) => {
        join
          .on('readings.realm', 'usage_hours.realm')
          .andOn('readings.period_start_ms', 'usage_hours.hour_ms')
      })
      .whereNull('readings.seq')
      .where('usage_hours.hour_ms', '<', openHour)
      .groupBy('usage_hours.realm', 'usage_hours.hour_ms')
      .orderBy('usage_hours.hour_ms')
      .select('usage_hours.realm', 'usage_hours.hour_ms')
      .max({ account: 'usage_hours.account' })
    for (const { realm, account, hour_ms } of due) await this.#sealHour(realm, account, hour_ms)
    return due.length
  }

  async #sealHour(realm: string, account: string, hourMs: number): Promise<void> {
    const { context, provider, price, privateKey } = this.#parts
    const storedByteHours = await this.#storedBytes(realm)
    await context.db.transaction(async (transaction) => {
      const rows: HourRow[] = await transaction('usage_hours').where({ realm, hour_ms: hourMs })
      const last: { sequence: number; hash: string } | undefined = await transaction('readings')
        .where({ realm })
        .orderBy('sequence', 'desc')
        .first()
      const reading = makeReading({
        provider,
        account,
        realm,
        periodStartMs: hourMs,
        periodEndMs: hourMs + HOUR_MS,
        price,
        records: rows.map((row) => ({
          ...fromColumns(row),
          function: row.function,
          key: row.key,
          outcome: row.outcome,
        })),
        storedByteHours,
        previous: last ? { sequence: last.sequence, hash: last.hash } : null,
      })
      const signed = signReading(reading, privateKey)
      await insertReading(transaction, realm, signed.hash, reading.sequence, hourMs, readingLine(signed))
    })
  }

  async #storedBytes(realm: string): Promise<number> {
    const { objects, refs } = this.#parts
    const { bytes } = await objects.usage(realm)
    return bytes + (await refs.bytes(realm))
  }
}

async function insertReading(
  db: Knex,
  realm: string,
  hash: string,
  sequence: number,
  hourMs: number,
  line: string,
): Promise<void> {
  const period = { period_start_ms: hourMs, period_end_ms: hourMs + HOUR_MS }
  await db('readings').insert({ realm, sequence, hash, line, ...period })
}
