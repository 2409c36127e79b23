import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import { type ObjectStore, openSqliteStore } from '@openzimki/store'
import type { OperationCall } from './operation.ts'
import { storeOperations } from './store-operations.ts'
import { userId } from './user-objects.ts'

const REALM = 'realm'
const ID = userId('ann')

let store: Awaited<ReturnType<typeof openSqliteStore>>
/** Done once after a program's save has read the user, and before it writes. */
let meanwhile: (() => Promise<unknown>) | null

beforeEach(async () => {
  store = await openSqliteStore({ filename: ':memory:', clock: new ManualClock(1) })
  meanwhile = null
  await put({ data: { username: 'ann', password: 'old' } })
})
afterEach(() => store.objects.close())

function put(params: object): Promise<unknown> {
  const get: ObjectStore['get'] = async (...key) => {
    const found = await store.objects.get(...key)
    const between = meanwhile
    meanwhile = null
    await between?.()
    return found
  }
  // A cell's capability carries the epoch; here the batch does.
  const batch: ObjectStore['batch'] = (realm, _, operations) => store.objects.batch(realm, 1, operations)
  const objects = { get, batch }
  const realm = { load: { realm: REALM }, objects } as unknown as OperationCall['realm']
  const call = { realm, request: null, bytes: undefined, params: { className: 'zimki_user', ...params } }
  return storeOperations['store.put']!(call as unknown as OperationCall) as Promise<unknown>
}

const stored = async () => (await store.objects.get(REALM, 'zimki_user', ID))!.data

describe('storing a user', () => {
  it('does not undo a password that was changed meanwhile', async () => {
    const before = (await stored()).password
    meanwhile = () => put({ id: ID, data: { username: 'ann', password: 'new' } })
    await put({ id: ID, data: { username: 'ann', seen: 1 } })
    const { password, seen } = await stored()
    expect(seen).toBe(1)
    expect(password).not.toBe(before)
  })

  it('is refused where it never comes to rest', async () => {
    const again = async (): Promise<void> => {
      meanwhile = null
      await put({ id: ID, data: { username: 'ann', password: 'new' } })
      meanwhile = again
    }
    meanwhile = again
    await expect(put({ id: ID, data: { username: 'ann', seen: 1 } })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })

  it('says of a name that is taken that it is', async () => {
    await expect(put({ data: { username: 'ann' } })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })
})
