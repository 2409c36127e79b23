import { PlatformError } from '@openzimki/core'
import { all, one, run, type Task } from '../sql/task.ts'
import { FIRST_EPOCH, findRealm, openRealm } from './catalogue.ts'
import { doomClass } from './writing.ts'

export function* readEpoch(realm: string): Task<number> {
  return (yield* findRealm(realm))?.epoch ?? FIRST_EPOCH
}

export function* advanceEpoch(realm: string, expected: number): Task<number> {
  const row = yield* openRealm(realm)
  if (row.epoch !== expected) {
    throw new PlatformError(
      'CONFLICT',
      `the realm is at epoch ${row.epoch}, not at ${expected}: another one was quicker. Look who writes it now`,
      { details: { epoch: row.epoch } },
    )
  }
  const moved = yield* one<{ epoch: number }>(
    'update realms set epoch = epoch + 1 where id = ? returning epoch',
    row.id,
  )
  return moved!.epoch
}

/** At once, whatever its size: what it held is doomed, and removed by and by. */
export function* deleteRealm(realm: string): Task<void> {
  const row = yield* findRealm(realm)
  if (!row) return
  for (const { id } of yield* all<{ id: number }>('select id from classes where realm_id = ?', row.id)) {
    yield* doomClass(id)
  }
  yield* run('delete from realms where id = ?', row.id)
  yield* run("insert into doomed (kind, target_id) values ('realm', ?)", row.id)
}
