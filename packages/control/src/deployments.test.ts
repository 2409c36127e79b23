import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Client } from '@openzimki/api'
import { PlatformError } from '@openzimki/core'
import {
  artifactOf,
  digestOf,
  startTestControl,
  type TestControl,
  versionOf,
} from './testing/test-control.ts'

let test: TestControl
let client: Client
const params = { realm: 'wiki' }
const query = { create: true }

beforeEach(async () => {
  test = await startTestControl()
  client = (await test.customer()).client
})
afterEach(() => test.close())

const routeOf = (realm: string) => test.control.routes.current().realms.get(realm)

describe('a deploy', () => {
  it('makes the realm and a key with its name, loads the code and is live in the routes', async () => {
    const live = await client.deployments.create({ params, query, body: artifactOf() })
    expect(live).toMatchObject({ realm: 'wiki', alias: 'wiki', created: true, changed: true })
    expect(live.url).toBe('http://127.0.0.1:8080/u/wiki/')
    expect(live.origin).toBe('http://wiki.localhost:8080/')
    const snapshot = test.control.routes.current()
    expect(snapshot.keys.get('wiki')).toMatchObject({ id: live.key, realm: live.realmId })
    expect(routeOf(live.realmId)).toMatchObject({ deployment: live.deployment, cells: [{ id: 'cell-1' }] })
    expect(test.agent.loads).toHaveLength(1)
    const { artifact, classes } = test.agent.loads[0]!.prefetched!
    expect([JSON.parse(artifact), classes]).toEqual([artifactOf(), []])
    expect(await client.deployments.live({ params })).toMatchObject({ id: live.deployment, live: true })
  })

  it('of many realms at once is read ahead for some of them, and left to the cells for the others', async () => {
    const gate = Promise.withResolvers<void>()
    const all = Promise.withResolvers<void>()
    test.agent.gate = gate.promise
    let started = 0
    test.agent.onLoad = () => {
      started += 1
      if (started === 80) all.resolve()
    }
    const deploys = Array.from({ length: 80 }, (_, n) =>
      client.deployments.create({ params: { realm: `wiki-${n}` }, query, body: versionOf(`${n}`) }),
    )
    await Promise.race([all.promise, Promise.all(deploys)])
    gate.resolve()
    await Promise.all(deploys)
    expect(test.agent.loads).toHaveLength(80)
    expect(test.agent.loads.filter(({ prefetched }) => prefetched).length).toBe(64)
    // Each waits for the disk several times.
  }, 120_000)

  it('of the same artifact again changes nothing and loads nothing', async () => {
    const first = await client.deployments.create({ params, query, body: artifactOf() })
    const second = await client.deployments.create({ params, body: artifactOf() })
    expect(second).toMatchObject({ deployment: first.deployment, changed: false, created: false })
    expect(test.agent.loads).toHaveLength(1)
    expect((await client.deployments.list({ params })).items).toHaveLength(1)
  })

  it('to a realm that does not exist, without create, is NOT_FOUND', async () => {
    await expect(client.deployments.create({ params, body: artifactOf() })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('whose code fails to load keeps the live version and says where', async () => {
    const live = await client.deployments.create({ params, query, body: versionOf('good') })
    const error = new PlatformError('SCRIPT_ERROR', 'javascript/main.js:1: boom', {
      details: { file: 'javascript/main.js', line: 1 },
    })
    test.agent.failures.set(await idOf(versionOf('bad')), error)
    await expect(client.deployments.create({ params, body: versionOf('bad') })).rejects.toMatchObject({
      code: 'SCRIPT_ERROR',
      details: { file: 'javascript/main.js', line: 1 },
    })
    expect(routeOf(live.realmId)).toMatchObject({ deployment: live.deployment, cells: [{ id: 'cell-1' }] })
    expect((await client.deployments.list({ params })).items.map((item) => item.id)).toEqual([
      live.deployment,
    ])
  })

  it.each([
    ['a syntax error', 'var a = 1\nvar b = ;', 'javascript/main.js:2:9: SyntaxError'],
    ['nesting without end', '('.repeat(200_000), 'javascript/main.js'],
    ['E4X', 'var a = <b>1</b>', 'E4X'],
    [
      'a missing template',
      '// zimki.render.tal("old")\nzimki.render.tal("page.html", {})',
      'javascript/main.js:2: missing template "page.html"',
    ],
    ['a missing library file', 'zimki.library.require("lib.js")', 'missing library "lib.js"'],
  ])('with %s is refused before anything is loaded', async (_, source, message) => {
    const body = artifactOf({ scripts: [{ name: 'main.js', source }] })
    await expect(client.deployments.create({ params, query, body })).rejects.toMatchObject({
      code: 'SCRIPT_ERROR',
      message: expect.stringContaining(message),
    })
    expect(test.agent.loads).toHaveLength(0)
  })

  it('switches to a new version, keeps the old one until it is drained, then unloads it', async () => {
    const first = await client.deployments.create({ params, query, body: versionOf('1') })
    const second = await client.deployments.create({ params, body: versionOf('2') })
    expect(routeOf(first.realmId)).toMatchObject({ deployment: second.deployment, cells: [{ id: 'cell-2' }] })
    test.agent.held.get(`${first.realmId} ${first.deployment}`)!.active = 1
    await test.control.reconciler.tick()
    await test.control.reconciler.tick()
    expect(test.agent.unloads).toEqual([])
    test.clock.advance(30_001)
    await test.control.reconciler.tick()
    expect(test.agent.unloads).toEqual([`${first.realmId} ${first.deployment}`])
  })

  it('makes classes that are missing and keeps those that are there', async () => {
    const { realmId } = await client.deployments.create({
      params,
      query,
      body: artifactOf({ classes: ['Page'] }),
    })
    await client.deployments.create({ params, body: artifactOf({ classes: ['Page', 'Author'] }) })
    expect(await test.stores.objects.listClasses(realmId)).toEqual(['Author', 'Page'])
  })

  it('gives the cell limits and environment: defaults, then the artifact, then the owner', async () => {
    const body = artifactOf({ env: { A: 'artifact', B: 'artifact' }, limits: { cpuMs: 5, memoryMb: 64 } })
    await client.realms.create({ body: { name: 'wiki' } })
    await client.realms.update({ params, body: { limits: { cpuMs: 7 } } })
    await client.secrets.set({ params: { ...params, secret: 'B' }, body: { value: 'secret' } })
    await client.deployments.create({ params, body })
    expect(test.agent.loads[0]).toMatchObject({
      env: { A: 'artifact', B: 'secret' },
      limits: { cpuMs: 7, memoryMb: 64, wallMs: 30_000 },
    })
  })

  it('two at once of one realm come one after the other; the later one is live', async () => {
    await client.realms.create({ body: { name: 'wiki' } })
    const bodies = [versionOf('1'), versionOf('2'), versionOf('3')]
    const all = await Promise.all(bodies.map((body) => client.deployments.create({ params, body })))
    const live = await client.deployments.live({ params })
    expect(all.map((item) => item.deployment)).toContain(live.id)
    expect((await client.deployments.list({ params })).items.filter((item) => item.live)).toHaveLength(1)
  })
})

describe('files of a deployment', () => {
  const bytes = 'body { color: red }'
  const file = { path: 'style.css', mimetype: 'text/css', digest: digestOf(bytes), size: bytes.length }
  const upload = (realm = 'wiki') =>
    client.deployments.putBlob({ params: { realm, digest: file.digest }, query, body: Buffer.from(bytes) })

  it('are uploaded once, then deployed', async () => {
    const missing = () => client.deployments.missingBlobs({ params, query, body: { digests: [file.digest] } })
    expect(await missing()).toEqual({ missing: [file.digest] })
    expect(await upload()).toEqual({ digest: file.digest, size: bytes.length })
    expect(await missing()).toEqual({ missing: [] })
    const live = await client.deployments.create({ params, query, body: artifactOf({ files: [file] }) })
    expect(
      await client.deployments.get({ params: { ...params, deployment: live.deployment } }),
    ).toMatchObject({ files: 1 })
  })

  it('may come at once for a realm that is not there yet', async () => {
    const contents = ['one', 'two', 'three', 'four']
    const put = (content: string) => {
      const digest = digestOf(content)
      return client.deployments.putBlob({
        params: { realm: 'fresh', digest },
        query,
        body: Buffer.from(content),
      })
    }
    expect(await Promise.all(contents.map(put))).toHaveLength(4)
    expect((await client.realms.list()).items.filter(({ name }) => name === 'fresh')).toHaveLength(1)
  })

  it('that were not uploaded are named, and nothing goes live', async () => {
    await expect(
      client.deployments.create({ params, query, body: artifactOf({ files: [file] }) }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
      details: { paths: ['style.css'] },
    })
  })

  it('of another account do not count, so knowing a digest does not give its content', async () => {
    await upload()
    const other = (await test.customer()).client
    expect(
      await other.deployments.missingBlobs({
        params: { realm: 'mine' },
        query,
        body: { digests: [file.digest] },
      }),
    ).toEqual({ missing: [file.digest] })
    const body = artifactOf({ files: [file] })
    await expect(other.deployments.create({ params: { realm: 'mine' }, query, body })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('must have the digest they are called by', async () => {
    const digest = digestOf('something else')
    const put = client.deployments.putBlob({ params: { ...params, digest }, query, body: Buffer.from(bytes) })
    await expect(put).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    const { realmId } = await client.deployments.create({ params, query, body: artifactOf() })
    expect(await test.stores.refs.has(realmId, digest)).toBe(false)
  })

  it('are let go when the last deployment that has them is deleted', async () => {
    await upload()
    const first = await client.deployments.create({ params, query, body: artifactOf({ files: [file] }) })
    await client.deployments.create({ params, body: versionOf('2') })
    await client.deployments.delete({ params: { ...params, deployment: first.deployment } })
    expect(await test.stores.refs.has(first.realmId, file.digest)).toBe(false)
    expect(await test.stores.refs.has(first.realmId, first.deployment)).toBe(false)
  })
})

describe('a rollback', () => {
  it('goes to the version before, and again to the one before that', async () => {
    const ids: string[] = []
    for (const text of ['1', '2', '3']) {
      ids.push((await client.deployments.create({ params, query, body: versionOf(text) })).deployment)
    }
    expect(await client.deployments.rollback({ params, body: {} })).toMatchObject({
      deployment: ids[1],
      changed: true,
    })
    expect(await client.deployments.rollback({ params, body: {} })).toMatchObject({ deployment: ids[0] })
    expect(await client.deployments.rollback({ params, body: { deployment: ids[0] } })).toMatchObject({
      deployment: ids[0],
    })
  })

  it('to a version that no longer loads keeps the live one', async () => {
    const first = await client.deployments.create({ params, query, body: versionOf('1') })
    const second = await client.deployments.create({ params, body: versionOf('2') })
    await unloadAll(first.realmId, first.deployment)
    test.agent.failures.set(first.deployment, new PlatformError('SCRIPT_ERROR', 'no'))
    await expect(client.deployments.rollback({ params, body: {} })).rejects.toMatchObject({
      code: 'SCRIPT_ERROR',
    })
    expect(routeOf(first.realmId)).toMatchObject({ deployment: second.deployment })
  })

  it('without a version before is NOT_FOUND', async () => {
    await client.deployments.create({ params, query, body: versionOf('1') })
    await expect(client.deployments.rollback({ params, body: {} })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  it('never deletes the live deployment', async () => {
    const { deployment } = await client.deployments.create({ params, query, body: versionOf('1') })
    await expect(client.deployments.delete({ params: { ...params, deployment } })).rejects.toMatchObject({
      code: 'CONFLICT',
    })
  })
})

async function unloadAll(realm: string, deployment: string) {
  await test.control.reconciler.tick()
  await test.control.reconciler.tick()
  expect(test.agent.unloads).toContain(`${realm} ${deployment}`)
}

/** What the server will call an artifact: deploy it to a realm of its own. */
async function idOf(body: ReturnType<typeof artifactOf>): Promise<string> {
  const probe = await client.deployments.create({ params: { realm: 'probe' }, query, body })
  return probe.deployment
}
