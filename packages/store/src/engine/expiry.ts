import { one, type Task } from '../sql/task.ts'

/** Whether the class has expired objects that were not swept yet; then index entries alone do not count. */
export function* hasExpired(classId: number, nowMs: number): Task<boolean> {
  const found = yield* one<{ n: number }>(
    'select 1 as n from objects where class_id = ? and expires_ms is not null and expires_ms <= ? limit 1',
    classId,
    nowMs,
  )
  return found !== undefined
}
