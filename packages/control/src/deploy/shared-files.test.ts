import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import { SHARED_CLASS, SHARED_REALM, sharedId } from '@openzimki/store'
import { artifactOf, startTestControl, type TestControl, versionOf } from '../testing/test-control.ts'

let test: TestControl
let client: Client
const params = { realm: 'lib' }
const query = { create: true }
const sharing = (source: string) => artifactOf({ scripts: [{ name: 'lib.js', source }], shared: ['lib.js'] })

beforeEach(async () => {
  test = await startTestControl()
  client = (await test.customer()).client
})
afterEach(() => test.close())

/** What a program gets that requires `lib.js` of the realm with this alias. */
async function required(alias: string): Promise<unknown> {
  const { objects } = test.stores
  const classes = await objects.listClasses(SHARED_REALM)
  if (!classes.includes(SHARED_CLASS)) return undefined
  return (await objects.get(SHARED_REALM, SHARED_CLASS, sharedId(alias, 'lib.js')))?.data.source
}

describe('what a realm shares', () => {
  it('follows its live deployment, forth and back', async () => {
    await client.deployments.create({ params, query, body: sharing('var v = 1') })
    await client.deployments.create({ params, body: sharing('var v = 2') })
    expect(await required('lib')).toBe('var v = 2')
    await client.deployments.rollback({ params, body: {} })
    expect(await required('lib')).toBe('var v = 1')
    await client.deployments.create({ params, body: versionOf('nothing shared') })
    expect(await required('lib')).toBeUndefined()
  })

  it('follows its aliases, so that who gets an alias next answers for what is required by it', async () => {
    await client.deployments.create({ params, query, body: sharing('var mine') })
    await client.keys.create({ params, body: { alias: 'other' } })
    expect(await required('other')).toBe('var mine')
    await client.keys.revoke({ params: { ...params, key: 'lib' } })
    expect(await required('lib')).toBeUndefined()
    const stranger = (await test.customer()).client
    await stranger.deployments.create({ params, query, body: versionOf('x') })
    expect(await required('lib')).toBeUndefined()
    expect(await required('other')).toBe('var mine')
  })

  it('goes with the realm', async () => {
    await client.deployments.create({ params, query, body: sharing('var mine') })
    await client.realms.delete({ params })
    expect(await required('lib')).toBeUndefined()
  })

  it.each([
    ['that is not there', artifactOf({ shared: ['gone.js'] }), 'SCRIPT_ERROR'],
    ['that is too large', sharing(`// ${'x'.repeat(1_000_000)}`), 'TOO_LARGE'],
  ])('and %s is refused before anything goes live', async (_, body, code) => {
    await expect(client.deployments.create({ params, query, body })).rejects.toMatchObject({ code })
    expect(test.agent.loads).toHaveLength(0)
  })
})
