import { PlatformError } from '@openzimki/core'
import { all, one, run, type Task } from '../sql/task.ts'

export interface RealmRow {
  id: number
  epoch: number
  sequence: number
  blob_bytes: number
}

export interface ClassRow {
  id: number
  objects: number
  bytes: number
}

/** Epoch of a realm that nothing was ever written to. */
export const FIRST_EPOCH = 1

export const findRealm = (realm: string): Task<RealmRow | undefined> =>
  one('select id, epoch, sequence, blob_bytes from realms where name = ?', realm)

/** A realm comes into being with its first write. */
export function* openRealm(realm: string): Task<RealmRow> {
  const known = yield* findRealm(realm)
  if (known) return known
  yield* run('insert into realms (name, epoch, sequence, blob_bytes) values (?, ?, 0, 0)', realm, FIRST_EPOCH)
  return (yield* findRealm(realm))!
}

export const findClass = (realmId: number, className: string): Task<ClassRow | undefined> =>
  one('select id, objects, bytes from classes where realm_id = ? and name = ?', realmId, className)

/** NOT_FOUND when the realm or the class is not there. */
export function* requireClass(realm: string, className: string): Task<ClassRow> {
  const found = yield* one<ClassRow>(
    `select c.id, c.objects, c.bytes from realms r join classes c on c.realm_id = r.id
      where r.name = ? and c.name = ?`,
    realm,
    className,
  )
  if (!found) throw classMissing(className)
  return found
}

export const classMissing = (className: string): PlatformError =>
  new PlatformError('NOT_FOUND', `there is no class "${className}" in this realm; create it first`, {
    details: { className },
  })

export function* listClasses(realm: string): Task<string[]> {
  const rows = yield* all<{ name: string }>(
    'select c.name from realms r join classes c on c.realm_id = r.id where r.name = ? order by c.name',
    realm,
  )
  return rows.map((row) => row.name)
}

export function* usage(realm: string): Task<{ objects: number; bytes: number }> {
  const row = yield* one<{ objects: number; bytes: number }>(
    `select coalesce(sum(c.objects), 0) as objects, coalesce(sum(c.bytes), 0) as bytes
      from realms r join classes c on c.realm_id = r.id where r.name = ?`,
    realm,
  )
  return { objects: Number(row?.objects ?? 0), bytes: Number(row?.bytes ?? 0) }
}

export const findAttribute = (classId: number, name: string): Task<{ id: number } | undefined> =>
  one('select id from attributes where class_id = ? and name = ?', classId, name)
