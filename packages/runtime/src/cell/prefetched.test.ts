import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { type Artifact, type CellLoad, DEFAULT_LIMITS } from '@openzimki/core'
import { TestCell, TestRealm } from '../testing/test-cell.ts'

let cell: TestCell
beforeAll(async () => {
  cell = await TestCell.open()
})
afterAll(() => cell.close())

const PROGRAM = 'zimki.publishPath("/", function () { return typeof Page + zimki.file.get("a.txt").path })'
const artifact: Artifact = {
  ...{ format: 1, kind: 'script', main: null, templates: [], classes: ['Page'], limits: {}, env: {} },
  ...{ shared: [], scripts: [{ name: 'main.js', source: PROGRAM }] },
  files: [{ path: 'a.txt', mimetype: 'text/plain', digest: '1'.repeat(64), size: 1 }],
} as unknown as Artifact

const loadOf = (change: Partial<CellLoad>): CellLoad => ({
  ...{ account: randomUUID(), realm: randomUUID(), deployment: '0'.repeat(64), kind: 'script' },
  ...{ capability: 'test', limits: DEFAULT_LIMITS, env: {} },
  ...change,
})

describe('a deployment that control has prefetched', () => {
  it('is started without asking the store, which does not have it here', async () => {
    const load = loadOf({
      prefetched: { artifact: JSON.stringify(artifact), classes: ['Page', 'zimki_user'] },
    })
    await cell.cell.load(load)
    const realm = new TestRealm(cell, load.realm, load.deployment, load.account)
    expect(await realm.text('/')).toBe('functiona.txt')
  })

  it('finds the files that programs have created, where the classes say that there are any', async () => {
    const maker = await cell.script(`
      zimki.publishPath("/make", function () { zimki.file.create({ path: "made.txt", content: "made" }); return "made" })`)
    await maker.request('/make')
    const source =
      'var found = zimki.file.get("made.txt"); zimki.publishPath("/", function () { return found.path })'
    const prefetched = {
      artifact: JSON.stringify({ ...artifact, scripts: [{ name: 'main.js', source }] }),
      classes: await cell.objects.listClasses(maker.realm),
    }
    const load = loadOf({ realm: maker.realm, account: maker.account, prefetched })
    await cell.cell.load(load)
    const realm = new TestRealm(cell, load.realm, load.deployment, load.account)
    expect(await realm.text('/')).toBe('made.txt')
  })

  it('of another format or kind than it was to be is refused', async () => {
    const refused = (change: object) =>
      cell.cell.load(
        loadOf({ prefetched: { artifact: JSON.stringify({ ...artifact, ...change }), classes: [] } }),
      )
    const before = cell.cell.reports().length
    await expect(refused({ format: 2 })).rejects.toThrow('update the platform')
    await expect(refused({ kind: 'module' })).rejects.toThrow('of kind module')
    expect(cell.cell.reports()).toHaveLength(before)
  })
})
