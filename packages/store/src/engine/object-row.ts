import type { Json } from '@openzimki/core'
import type { StoredObject } from '../contract.ts'
import type { FieldReader } from '../terms/matches.ts'

/** An object as it lies in the database. `data` is null where a slice left a large one out. */
export interface ObjectRow {
  id: number
  uuid: string
  data: string | null
  bytes: number
  created_at: string
  version: number
  expires_ms: number | null
}

/** A slice reads larger objects one by one, so that its memory is bounded. */
export const INLINE_BYTES = 64 * 1024

/** Columns of ObjectRow, of a table called `o`. */
export const OBJECT_COLUMNS = `o.id, o.uuid, o.bytes, o.created_at, o.version, o.expires_ms,
  case when o.bytes <= ${INLINE_BYTES} then o.data end as data`

export type ObjectData = { [property: string]: Json }

export const parseData = (text: string): ObjectData => JSON.parse(text) as ObjectData

export const isExpired = (row: { expires_ms: number | null }, nowMs: number): boolean =>
  row.expires_ms !== null && row.expires_ms <= nowMs

/** Fields of the object itself, which hide properties of the same name from a search. */
export const isOwnField = (field: string): boolean => field === 'id' || field === 'creation_date'

/** Own properties only: a term on `constructor` must not meet what every object inherits. */
export const readProperty = (data: ObjectData, field: string): Json | undefined =>
  Object.hasOwn(data, field) ? data[field] : undefined

/** Reads the fields of a row whose data is there; parses it at most once, and only when a property is asked for. */
export function fieldReader(row: ObjectRow): FieldReader {
  let data: ObjectData | null = null
  return (field) => {
    if (field === 'id') return row.uuid
    if (field === 'creation_date') return row.created_at
    data ??= parseData(row.data!)
    return readProperty(data, field)
  }
}

export const toStoredObject = (className: string, row: ObjectRow): StoredObject => ({
  id: row.uuid,
  className,
  data: parseData(row.data!),
  createdAt: row.created_at,
  version: row.version,
  expiresAtMs: row.expires_ms,
})
