import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { startTestControl, type TestControl } from './testing/test-control.ts'

let test: TestControl

beforeEach(async () => {
  test = await startTestControl()
})
afterEach(() => test.close())

describe('the audit', () => {
  it('tells an operator who changed what, newest first, page by page', async () => {
    const { client, account } = await test.customer('anna')
    for (const name of ['one', 'two', 'three']) await client.realms.create({ body: { name } })
    const query = { action: 'realm.create', limit: 2 }
    const first = await test.operator.audit.list({ query })
    const second = await test.operator.audit.list({ query: { ...query, after: first.next ?? '' } })
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null])
    const all = [...first.items, ...second.items]
    expect(all.map(({ actor, account: of }) => [actor, of])).toEqual(all.map(() => ['anna', account]))
    expect(all.map(({ id }) => Number(id))).toEqual(all.map(({ id }) => Number(id)).sort((a, b) => b - a))
  })

  it('is nobody else’s to read', async () => {
    const { client } = await test.customer()
    await expect(client.audit.list()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('has no secrets in it', async () => {
    const token = await test.control.addMachine('m-2')
    const { token: text } = await test.customer()
    const { items } = await test.operator.audit.list({ query: { limit: 1000 } })
    expect(items.length).toBeGreaterThan(3)
    for (const secret of [token, text, test.operatorToken])
      expect(JSON.stringify(items)).not.toContain(secret)
  })
})
