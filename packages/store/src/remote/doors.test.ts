import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock, type PlatformError } from '@openzimki/core'
import { connectLink, type Link, rpcCall } from '@openzimki/link'
import { SHARED_CLASS, SHARED_REALM, sharedId } from '../shared-library.ts'
import { connectStore, type RemoteStore } from './connect-store.ts'
import type { StoreCalls } from './store-calls.ts'
import { TestStore } from './test-store.ts'

const MINE = randomUUID()
const THEIRS = randomUUID()

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

async function textOf(content: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of content) text += Buffer.from(chunk).toString()
  return text
}

let served: TestStore
let cell: RemoteStore
let control: RemoteStore

beforeEach(async () => {
  served = await TestStore.open(new ManualClock(1_000_000))
  cell = served.connect({ realm: MINE, deployment: 'd', role: 'cell' })
  control = served.connect()
  for (const realm of [MINE, THEIRS]) {
    await control.objects.batch(realm, 1, [
      { op: 'createClass', className: 'Page' },
      { op: 'put', className: 'Page', id: realm, data: { of: realm } },
    ])
  }
})
afterEach(() => served.dispose())

const denied = (call: Promise<unknown>) => expect(call).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })

describe('a cell', () => {
  it('reads and writes the objects of its realm', async () => {
    expect((await cell.objects.get(MINE, 'Page', MINE))?.data).toEqual({ of: MINE })
    await cell.objects.batch(MINE, 1, [{ op: 'delete', className: 'Page', id: MINE }])
    expect(await cell.objects.search(MINE, 'Page', {})).toEqual([])
    expect(await cell.objects.usage(MINE)).toMatchObject({ objects: 0 })
    expect(await cell.objects.journal(MINE, 0)).toHaveLength(2)
  })

  it('reaches no other realm, by any call', async () => {
    const { objects, refs } = cell
    await denied(objects.listClasses(THEIRS))
    await denied(objects.get(THEIRS, 'Page', THEIRS))
    await denied(objects.search(THEIRS, 'Page', {}))
    await denied(objects.count(THEIRS, 'Page', {}))
    await denied(objects.batch(THEIRS, 1, [{ op: 'deleteClass', className: 'Page' }]))
    await denied(objects.journal(THEIRS, 0))
    await denied(objects.epoch(THEIRS))
    await denied(objects.usage(THEIRS))
    await denied(objects.listClasses('*'))
    await denied(refs.list(THEIRS))
    await denied(refs.bytes(THEIRS))
    await denied(refs.remove(THEIRS, 'a'.repeat(64)))
    expect(await control.objects.count(THEIRS, 'Page', {})).toBe(1)
  })

  it('may not do what is for control, not even to its own realm', async () => {
    const { objects, blobs, refs } = cell
    await denied(objects.advanceEpoch(MINE, 1))
    await denied(objects.copyRealm(MINE, MINE))
    await denied(objects.copyRealm(THEIRS, MINE))
    await denied(objects.deleteRealm(MINE))
    await denied(objects.trimJournal(MINE, 100))
    await denied(objects.sweep())
    await denied(blobs.delete('a'.repeat(64)))
    await denied(refs.isHeld('a'.repeat(64)))
    await denied(refs.add(MINE, 'a'.repeat(64), 1))
  })

  it('gets single objects of the shared realm, and does nothing else there', async () => {
    const id = sharedId('wiki', 'lib.js')
    await control.objects.batch(SHARED_REALM, 1, [
      { op: 'createClass', className: SHARED_CLASS },
      { op: 'put', className: SHARED_CLASS, id, data: { source: 'shared()' } },
    ])
    const { objects, refs } = cell
    expect((await objects.get(SHARED_REALM, SHARED_CLASS, id))?.data).toEqual({ source: 'shared()' })
    await denied(objects.search(SHARED_REALM, SHARED_CLASS, {}))
    await denied(objects.count(SHARED_REALM, SHARED_CLASS, {}))
    await denied(objects.listClasses(SHARED_REALM))
    await denied(objects.journal(SHARED_REALM, 0))
    await denied(objects.batch(SHARED_REALM, 1, [{ op: 'delete', className: SHARED_CLASS, id }]))
    await denied(refs.list(SHARED_REALM))
  })

  it('writes with the epoch it was let in with, whatever it claims', async () => {
    expect(await control.objects.advanceEpoch(MINE, 1)).toBe(2)
    const write = (remote: RemoteStore, epoch: number) =>
      remote.objects.batch(MINE, epoch, [{ op: 'createClass', className: 'Late', ifMissing: true }])
    await expect(write(cell, 2)).rejects.toMatchObject({ code: 'FENCED' })
    await write(served.connect({ realm: MINE, deployment: 'd', role: 'cell', epoch: 2 }), 1)
  })

  it('reads the blobs that its realm holds and no others, though it knows their digests', async () => {
    const secret = await control.blobs.put(bytes('theirs'))
    await control.refs.add(THEIRS, secret.digest, secret.size)
    await expect(cell.blobs.get(secret.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await cell.blobs.stat(secret.digest)).toBeNull()
    expect(await cell.blobs.list()).toEqual([])
    await denied(cell.refs.add(MINE, secret.digest, secret.size))
    const own = await cell.blobs.put(bytes('mine'))
    expect(await cell.blobs.list()).toEqual([own.digest])
    expect(await cell.refs.list(MINE)).toEqual([own])
    expect(await textOf(await cell.blobs.get(own.digest))).toBe('mine')
    await cell.blobs.put(bytes('theirs'))
    expect(await textOf(await cell.blobs.get(secret.digest))).toBe('theirs')
    await cell.refs.remove(MINE, secret.digest)
    await expect(cell.blobs.get(secret.digest)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await textOf(await control.blobs.get(secret.digest))).toBe('theirs')
  })

  it('is shut out when its capability expires, and let in with a new one', async () => {
    const { clock, address } = served
    let token = served.token({ realm: MINE, deployment: 'd', role: 'cell', expiresAtMs: clock.nowMs() + 10 })
    const renewing = connectStore(address, () => token)
    expect(await renewing.objects.listClasses(MINE)).toEqual(['Page'])
    clock.advance(10)
    await expect(renewing.objects.listClasses(MINE)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    token = served.token({ realm: MINE, deployment: 'd', role: 'cell', expiresAtMs: clock.nowMs() + 10 })
    expect(await renewing.objects.listClasses(MINE)).toEqual(['Page'])
    await renewing.close()
  })
})

describe('control of one realm', () => {
  it('may do all to it, and nothing to others or to the store', async () => {
    const one = served.connect({ realm: MINE, deployment: 'd' })
    expect(await one.objects.advanceEpoch(MINE, 1)).toBe(2)
    await denied(one.objects.copyRealm(MINE, THEIRS))
    await denied(one.objects.copyRealm(THEIRS, MINE))
    await denied(one.objects.deleteRealm(THEIRS))
    await denied(one.objects.sweep())
    await denied(one.blobs.delete('a'.repeat(64)))
    await one.objects.deleteRealm(MINE)
  })
})

describe('what comes over the link', () => {
  let link: Link
  beforeEach(async () => {
    link = await connectLink(served.address)
  })
  afterEach(() => link.close())

  const call = (method: keyof StoreCalls, params: unknown): Promise<unknown> =>
    rpcCall<StoreCalls, keyof StoreCalls>(link, method, params as never)

  it('needs a capability', async () => {
    for (const capability of ['', 'x.y', served.token({}).slice(1)]) {
      await expect(call('objects.listClasses', { capability, realm: MINE })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      })
    }
    await expect(call('objects.listClasses', { realm: MINE })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  it('is checked in shape', async () => {
    const capability = served.token({})
    const bad: [keyof StoreCalls, unknown][] = [
      ['objects.get', null],
      ['objects.get', 'x'],
      ['objects.get', { capability, realm: 1, className: 'Page', id: MINE }],
      ['objects.get', { capability, realm: MINE, className: { toString: 'x' }, id: MINE }],
      ['objects.search', { capability, realm: MINE, className: 'Page', query: null }],
      ['objects.search', { capability, realm: MINE, className: 'Page', query: { terms: 5 } }],
      ['objects.batch', { capability, realm: MINE, epoch: '1', operations: [] }],
      ['objects.batch', { capability, realm: MINE, epoch: 1, operations: {} }],
      ['objects.batch', { capability, realm: MINE, epoch: 1, operations: [null] }],
      ['objects.journal', { capability, realm: MINE, afterSequence: -1 }],
      ['blobs.get', { capability, digest: '../../../etc/passwd' }],
      ['blobs.list', { capability, limit: 'all' }],
    ]
    for (const [method, params] of bad)
      await expect(call(method, params)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('carries names such as __proto__ as data', async () => {
    const params = { capability: served.token({}), realm: MINE, className: 'Page', query: {} }
    const put = JSON.parse(
      `{"op":"put","className":"Page","id":"${randomUUID()}","data":{"__proto__":{"polluted":1}}}`,
    )
    await call('objects.batch', { capability: params.capability, realm: MINE, epoch: 1, operations: [put] })
    const found = (await call('objects.search', params)) as { data: object }[]
    expect(found.map(({ data }) => Object.keys(data))).toEqual([['of'], ['__proto__']])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('is refused when it is no call', async () => {
    const head = await new Promise<string>((resolve) => {
      link.open('GET / HTTP/1.1', { end: true, handlers: { onHead: resolve } })
    })
    expect(head).toContain('UNSUPPORTED')
    await expect(call('objects.close' as keyof StoreCalls, {})).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('does not bring out what is inside when something fails', async () => {
    await served.store.close()
    const error = await call('objects.listClasses', { capability: served.token({}), realm: MINE }).catch(
      (e: PlatformError) => e,
    )
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(JSON.stringify(error)).not.toMatch(/select|sqlite/i)
  })
})
