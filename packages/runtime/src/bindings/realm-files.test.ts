import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import { type BlobStore, type ObjectStore, openSqliteStore } from '@openzimki/store'
import { RealmFiles } from './realm-files.ts'

const REALM = 'realm'
const text = Buffer.from('text')

let store: Awaited<ReturnType<typeof openSqliteStore>>
/** Done once, after the store has listed the files and before the list arrives. */
let meanwhile: (() => Promise<unknown>) | null

beforeEach(async () => {
  store = await openSqliteStore({ filename: ':memory:', clock: new ManualClock(1) })
  meanwhile = null
})
afterEach(() => store.objects.close())

/** The files as one cell of the realm knows them. */
function cellFiles(): RealmFiles {
  const { objects } = store
  const door: Partial<ObjectStore> = {
    get: (...args) => objects.get(...args),
    // A cell's capability carries the epoch; here the batch does.
    batch: (realm, _, operations) => objects.batch(realm, 1, operations),
    async search(...args) {
      const found = await objects.search(...args)
      const between = meanwhile
      meanwhile = null
      await between?.()
      return found
    },
  }
  const blobs = { put: async () => ({ digest: '1'.repeat(64), size: text.length }) }
  return new RealmFiles(REALM, door as ObjectStore, blobs as unknown as BlobStore)
}

const look = async (files: RealmFiles): Promise<void> => files.load(await store.objects.listClasses(REALM))
const paths = (files: RealmFiles): string[] => files.list().map(({ path }) => path)

describe('the files of a realm in two cells', () => {
  it('keep what this cell has created while it was listing them', async () => {
    const [here, there] = [cellFiles(), cellFiles()]
    await there.create('theirs', 'text/plain', text)
    meanwhile = () => here.create('ours', 'text/plain', text)
    await look(here)
    expect(paths(here)).toEqual(['ours'])
    await look(here)
    expect(paths(here)).toEqual(['ours', 'theirs'])
  })

  it('are listed again when another cell has changed one between two changes of this cell', async () => {
    const [here, there] = [cellFiles(), cellFiles()]
    await here.create('one', 'text/plain', text)
    await look(there)
    await there.create('two', 'text/plain', text)
    await here.create('three', 'text/plain', text)
    expect(paths(here)).toEqual(['one', 'three'])
    await look(here)
    expect(paths(here)).toEqual(['one', 'three', 'two'])
  })

  it('are not listed again for changes of this cell', async () => {
    const files = cellFiles()
    await look(files)
    await files.create('one', 'text/plain', text)
    await files.publish('one', 'there')
    await files.delete('one')
    let lists = 0
    meanwhile = async () => {
      lists += 1
    }
    await look(files)
    expect(lists).toBe(0)
  })

  it('are found at the start though no change of them was ever noted', async () => {
    const data = { path: 'old', mimetype: 'text/plain', digest: '1'.repeat(64), size: 4, publishedAs: null }
    const id = '00000000-0000-8000-8000-00000000000a'
    await store.objects.batch(REALM, 1, [
      { op: 'createClass', className: 'zimki_file' },
      { op: 'put', className: 'zimki_file', id, data },
    ])
    const files = cellFiles()
    await look(files)
    expect(paths(files)).toEqual(['old'])
    // It keeps its id, so that it stays one file.
    await files.create('old', 'text/plain', text)
    expect(await store.objects.count(REALM, 'zimki_file', {})).toBe(1)
  })
})
