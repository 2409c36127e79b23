import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { ManualClock, PlatformError } from '@openzimki/core'
import type { JournalEntry, ObjectStore, Operation, Terms } from '../contract.ts'
import { openSqliteStore } from '../open-sqlite-store.ts'
import { Dice } from '../testing/dice.ts'

const REALMS = ['one', 'two', 'three']
const IDS = Array.from({ length: 12 }, (_, n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`)
const TERMS: Terms[] = [{}, { v: 1 }, { w: 't2' }, { v: 1, w: 't2' }]
const WAVES = 25
const AT_ONCE = 80

const clock = new ManualClock(1_700_000_000_000)
let store: Awaited<ReturnType<typeof openSqliteStore>>
let objects: ObjectStore

beforeEach(async () => {
  store = await openSqliteStore({ filename: ':memory:', clock })
  objects = store.objects
})
afterEach(() => store.close())

type Put = Extract<Operation, { op: 'put' }>
/** Classes of a realm and their objects, as the journal tells them. */
type Model = Map<string, Map<string, Put>>

/** One that fits what is there, or does not, at its first operation or at its last. */
function randomBatch(dice: Dice): Operation[] {
  return Array.from({ length: 1 + dice.roll(4) }, (): Operation => {
    const [className, id] = [dice.pick(['A', 'A', 'A', 'B']), dice.pick(IDS)]
    const kind = dice.roll(12)
    if (kind === 0) return { op: 'createClass', className: 'B', ifMissing: dice.roll(2) === 0 }
    if (kind === 1) return { op: 'deleteClass', className: 'B' }
    const version = dice.roll(3) === 0 ? { ifVersion: dice.roll(3) } : {}
    if (kind < 4) return { op: 'delete', className, id, ...version }
    const data = { v: dice.roll(5), w: `t${dice.roll(4)}`, [`p${dice.roll(6)}`]: dice.roll(100) }
    const expiry = dice.roll(6) === 0 ? { expiresAtMs: clock.nowMs() + dice.roll(12) } : {}
    return { op: 'put', className, id, data, ...version, ...expiry }
  })
}

async function wholeJournal(realm: string): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for (;;) {
    const part = await objects.journal(realm, entries.length)
    if (part.length === 0) return entries
    entries.push(...part)
  }
}

function replay(entries: readonly JournalEntry[]): Model {
  const model: Model = new Map()
  for (const operation of entries.flatMap(({ operations }) => operations)) {
    const { op, className } = operation
    if (op === 'deleteClass') model.delete(className)
    else if (op === 'createClass') model.set(className, model.get(className) ?? new Map())
    else if (op === 'delete') model.get(className)!.delete(operation.id)
    else model.get(className)!.set(operation.id, operation)
  }
  return model
}

async function compare(realm: string, model: Model): Promise<void> {
  expect(await objects.listClasses(realm)).toEqual([...model.keys()].sort())
  for (const [className, puts] of model)
    for (const terms of TERMS) {
      const holds = ({ data }: Put) => Object.entries(terms).every(([field, value]) => data[field] === value)
      const expected = [...puts.values()].filter(holds).map(({ id }) => id)
      const found = await objects.search(realm, className, { terms, orderBy: ['v:numeric'] })
      expect(found.map(({ id }) => id).sort()).toEqual(expected.sort())
      expect(await objects.count(realm, className, terms)).toBe(expected.length)
    }
  const count = [...model.values()].reduce((sum, puts) => sum + puts.size, 0)
  expect((await objects.usage(realm)).objects).toBe(count)
}

it('does of many writes at once, most of them refused, each wholly or not at all', async () => {
  const dice = new Dice(2_027)
  const told = new Map(REALMS.map((realm) => [realm, new Map<number, number>()]))
  const refused = new Map<string, number>()
  for (const realm of REALMS) await objects.batch(realm, 1, [{ op: 'createClass', className: 'A' }])
  const write = async (realm: string): Promise<void> => {
    const batch = randomBatch(dice)
    try {
      const { sequence } = await objects.batch(realm, 1, batch)
      told.get(realm)!.set(sequence, batch.length)
    } catch (error) {
      const { code } = PlatformError.from(error)
      refused.set(code, (refused.get(code) ?? 0) + 1)
    }
  }
  for (let wave = 0; wave < WAVES; wave++) {
    clock.advance(5)
    await Promise.all([
      ...Array.from({ length: AT_ONCE }, () => write(dice.pick(REALMS))),
      objects.sweep(100),
    ])
  }
  clock.advance(100)
  await objects.sweep(10_000)
  expect([...refused.keys()].sort()).toEqual(['ALREADY_EXISTS', 'CONFLICT', 'NOT_FOUND'])
  for (const realm of REALMS) {
    const journal = await wholeJournal(realm)
    expect(journal.map(({ sequence }) => sequence)).toEqual(journal.map((_, index) => index + 1))
    for (const [sequence, length] of told.get(realm)!)
      expect(journal[sequence - 1]?.operations).toHaveLength(length)
    await compare(realm, replay(journal))
  }
})
