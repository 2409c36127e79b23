import { all, one, run, type Task } from '../sql/task.ts'
import type { Shared } from '../sql/work.ts'
import { type ClassRow, findClass, findRealm, openRealm, type RealmRow } from './catalogue.ts'

/** Most names that one command asks for. */
const MOST_NAMES = 64

/**
 * What one transaction has learned of the catalogue of its realm, so that it asks once, and what it adds to the realm's sequence and to the sums of classes,
 * so that it writes them once. Not to be kept beyond the transaction.
 */
export class Writing implements Shared {
  readonly #name: string
  #realm: RealmRow | undefined
  #hasMoved = false
  readonly #classes = new Map<string, ClassRow>()
  readonly #attributes = new Map<number, Map<string, number>>()
  readonly #sums = new Map<number, { objects: number; bytes: number }>()

  constructor(realm: string) {
    this.#name = realm
  }

  *findRealm(): Task<RealmRow | undefined> {
    this.#realm ??= yield* findRealm(this.#name)
    return this.#realm
  }

  *openRealm(): Task<RealmRow> {
    this.#realm ??= yield* openRealm(this.#name)
    return this.#realm
  }

  /** The sequence of the realm's next journal entry, which is to be made. */
  *nextSequence(): Task<number> {
    const realm = yield* this.openRealm()
    realm.sequence += 1
    this.#hasMoved = true
    return realm.sequence
  }

  *findClass(name: string): Task<ClassRow | undefined> {
    const realm = yield* this.openRealm()
    const known = this.#classes.get(name) ?? (yield* findClass(realm.id, name))
    if (known) this.#classes.set(name, known)
    return known
  }

  *countClasses(): Task<number> {
    const { id } = yield* this.openRealm()
    const row = yield* one<{ count: number }>('select count(*) as count from classes where realm_id = ?', id)
    return Number(row?.count ?? 0)
  }

  *createClass(name: string): Task<ClassRow> {
    const { id } = yield* this.openRealm()
    yield* run('insert into classes (realm_id, name, objects, bytes) values (?, ?, 0, 0)', id, name)
    return (yield* this.findClass(name))!
  }

  /** At once, whatever its size: its rows are doomed, and removed by and by. */
  *deleteClass(name: string): Task<boolean> {
    const known = yield* this.findClass(name)
    if (!known) return false
    this.#classes.delete(name)
    this.#sums.delete(known.id)
    yield* doomClass(known.id)
    return true
  }

  /** Ids of attributes of a class; those that are missing are made. */
  *openAttributes(classId: number, names: readonly string[]): Task<Map<string, number>> {
    const known = this.#attributes.get(classId) ?? new Map<string, number>()
    this.#attributes.set(classId, known)
    const unknown = names.filter((name) => !known.has(name))
    for (let start = 0; start < unknown.length; start += MOST_NAMES) {
      yield* lookUp(classId, unknown.slice(start, start + MOST_NAMES), known)
    }
    for (const name of unknown) {
      if (known.has(name)) continue
      const sql = 'insert into attributes (class_id, name) values (?, ?) returning id'
      known.set(name, (yield* one<{ id: number }>(sql, classId, name))!.id)
    }
    return known
  }

  count(classId: number, objects: number, bytes: number): void {
    const sum = this.#sums.get(classId) ?? { objects: 0, bytes: 0 }
    this.#sums.set(classId, { objects: sum.objects + objects, bytes: sum.bytes + bytes })
  }

  /** Writes the sums and the sequence; to be called at the end. */
  *finish(): Task<void> {
    if (this.#hasMoved)
      yield* run('update realms set sequence = ? where id = ?', this.#realm!.sequence, this.#realm!.id)
    this.#hasMoved = false
    for (const [classId, { objects, bytes }] of this.#sums) {
      const sql = 'update classes set objects = objects + ?, bytes = bytes + ? where id = ?'
      yield* run(sql, objects, bytes, classId)
    }
    this.#sums.clear()
  }
}

/** The next power of two: few different lengths make few different statements. */
const roundUp = (count: number): number => 2 ** Math.ceil(Math.log2(count))

function* lookUp(classId: number, names: readonly string[], into: Map<string, number>): Task<void> {
  const asked = Array.from({ length: roundUp(names.length) }, (_, index) => names[index] ?? names[0]!)
  const sql = `select id, name from attributes where class_id = ? and name in (${asked.map(() => '?').join(', ')})`
  for (const row of yield* all<{ id: number; name: string }>(sql, classId, ...asked))
    into.set(row.name, row.id)
}

export function* doomClass(classId: number): Task<void> {
  yield* run('delete from classes where id = ?', classId)
  yield* run("insert into doomed (kind, target_id) values ('class', ?)", classId)
}
