import type { KeyObject } from 'node:crypto'
import type { Outcome } from '@openzimki/core'
import {
  type ChainHead,
  makeReading,
  type PriceList,
  readingLine,
  signReading,
  tokensFor,
} from '@openzimki/meter'
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
  /** Hours before this were sealed for idle realms too, since the start. */
  #idleSealedTo = 0

  constructor(parts: ReadingSealerParts) {
    this.#parts = parts
  }

  /**
   * Seals every hour that is over and not sealed yet; the number of readings made. Safe to repeat. A realm whose reading cannot be
   * made does not keep the others from theirs.
   */
  async seal(): Promise<number> {
    const { context, lagMs } = this.#parts
    const openHour = hourOf(context.clock.nowMs() - lagMs)
    let made = 0
    for (const { realm, account, hour_ms } of await this.#usedHours(openHour)) {
      made += await this.#attempt(realm, () => this.#sealHour(realm, account, hour_ms))
    }
    if (this.#idleSealedTo < openHour) {
      for (const { id, account } of await this.#withoutReading(openHour - HOUR_MS)) {
        made += await this.#attempt(id, () => this.#sealIdleHour(id, account, openHour - HOUR_MS))
      }
      this.#idleSealedTo = openHour
    }
    return made
  }

  async #attempt(realm: string, work: () => Promise<boolean>): Promise<number> {
    try {
      return (await work()) ? 1 : 0
    } catch (error) {
      this.#parts.context.log('error', 'A reading could not be made; it will be tried again', {
        realm,
        error: String(error),
      })
      return 0
    }
  }

  async #usedHours(openHour: number): Promise<{ realm: string; account: string; hour_ms: number }[]> {
    return this.#parts.context
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
  }

  /** Realms that were there for the whole hour and have no reading of it. */
  async #withoutReading(hourMs: number): Promise<{ id: string; account: string }[]> {
    return this.#parts.context
      .db('realms')
      .leftJoin('readings', (join) => {
        join.on('readings.realm', 'realms.id').andOnVal('readings.period_start_ms', '>=', hourMs)
      })
      .whereNull('readings.seq')
      .where('realms.created_at_ms', '<=', hourMs)
      .select('realms.id', 'realms.account')
  }

  /** Nobody asked for the realm, but what it stores costs; what costs nothing needs no reading. */
  async #sealIdleHour(realm: string, account: string, hourMs: number): Promise<boolean> {
    const storedByteHours = await this.#storedBytes(realm)
    if (tokensFor({ storedByteHours }, this.#parts.price) === 0) return false
    await this.#write(realm, account, hourMs, storedByteHours)
    return true
  }

  async #sealHour(realm: string, account: string, hourMs: number): Promise<boolean> {
    await this.#write(realm, account, hourMs, await this.#storedBytes(realm))
    return true
  }

  async #write(realm: string, account: string, hourMs: number, storedByteHours: number): Promise<void> {
    const { context, provider, price, privateKey } = this.#parts
    await context.db.transaction(async (transaction) => {
      const rows: HourRow[] = await transaction('usage_hours').where({ realm, hour_ms: hourMs })
      const last: ChainHead | undefined = await transaction('readings')
        .where({ realm })
        .orderBy('sequence', 'desc')
        .first('sequence', 'hash')
      const reading = makeReading({
        ...{ provider, account, realm, price, storedByteHours },
        periodStartMs: hourMs,
        periodEndMs: hourMs + HOUR_MS,
        records: rows.map((row) => ({
          ...fromColumns(row),
          function: row.function,
          key: row.key,
          outcome: row.outcome,
        })),
        previous: last ?? null,
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
