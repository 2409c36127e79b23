import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ListObjectsV2Command } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { startMoto } from './testing/moto-store.ts'
import { PlatformOnS3 } from './testing/platform-on-s3.ts'
import { noise, sha256 } from './testing/s3-test-bed.ts'
import { plainClient, setTestKeys, TEST_BUCKET, TEST_KEYS, type TestStore } from './testing/test-bucket.ts'

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url))
const PHOTO = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), noise(300_000)])

let store: TestStore
let folder: string
let platform: PlatformOnS3
const place = () => `s3://${TEST_BUCKET}/platform?endpoint=${store.endpoint}&read-back=true`

beforeAll(async () => {
  setTestKeys()
  store = await startMoto()
  folder = await mkdtemp(join(tmpdir(), 'zimki-s3-'))
  platform = await PlatformOnS3.up(join(folder, '.zimki'), '--blobs', place())
}, 60_000)

afterAll(async () => {
  await platform?.close()
  await store?.close()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

it('every example is deployed and answers, its files in the bucket and none in the data folder', async () => {
  for (const { name } of (await readdir(EXAMPLES, { withFileTypes: true })).filter((one) =>
    one.isDirectory(),
  )) {
    if (!(await readdir(join(EXAMPLES, name))).includes('realm.json')) continue
    await platform.zimki('deploy', join(EXAMPLES, name), '--realm', name, '--json')
    const answer = await fetch(`${platform.url}/u/${name}/`)
    expect([name, answer.status < 400 || (await answer.text())]).toEqual([name, true])
  }
  expect((await keys()).length).toBeGreaterThan(10)
  expect(await readdir(join(platform.data, 'blobs'))).toEqual(['place'])
}, 60_000)

it('a picture that a visitor brings is kept in the bucket, over the death of the store’s process', async () => {
  const form = new FormData()
  form.set('photo', new File([PHOTO], 'sea.png', { type: 'image/png' }))
  form.set('title', 'The sea')
  const added = await fetch(`${platform.url}/u/photos/upload`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  })
  expect(added.status).toBe(302)
  expect(await keys()).toContain(`platform/blobs/${sha256(PHOTO)}`)
  expect(await picture()).toEqual(sha256(PHOTO))
  const [{ pid } = { pid: 0 }] = await platform.processes('store-process')
  process.kill(pid, 'SIGKILL')
  await expect(eventually(picture)).resolves.toEqual(sha256(PHOTO))
}, 60_000)

it('credentials reach the store’s process and no machine or cell', async () => {
  const secret = TEST_KEYS.AWS_SECRET_ACCESS_KEY
  for (const word of ['machine/agent.js', '/cell.js']) {
    const found = await platform.processes(word)
    expect(found.length).toBeGreaterThan(0)
    expect(
      found.filter(({ environment }) => environment.includes('AWS_') || environment.includes(secret)),
    ).toEqual([])
  }
  const [own] = await platform.processes('store-process')
  expect(own?.environment).toContain(secret)
})

it('is not started beside its blobs, and finds them when it is started as before', async () => {
  const { data } = platform
  await platform.close()
  await expect(PlatformOnS3.up(data)).rejects.toThrow(
    /blobs of this installation are in s3:\/\/test-bucket\/platform, not in the data folder/,
  )
  await expect(PlatformOnS3.up(data, '--blobs', `s3://${TEST_BUCKET}/else`)).rejects.toThrow(
    /start it as before/,
  )
  const other = await mkdtemp(join(tmpdir(), 'zimki-s3-'))
  await expect(PlatformOnS3.up(join(other, '.zimki'), '--blobs', place())).rejects.toThrow(
    /belongs to another installation/,
  )
  await rm(other, { recursive: true })
  platform = await PlatformOnS3.up(data, '--blobs', place())
  expect(await picture()).toEqual(sha256(PHOTO))
}, 180_000)

it('blobs move from the data folder to the bucket and back, and the realm answers from each place', async () => {
  const data = join(folder, 'moved', '.zimki')
  const to = `s3://${TEST_BUCKET}/moved?endpoint=${store.endpoint}&read-back=true`
  const started = await PlatformOnS3.up(data)
  await started.zimki('deploy', join(EXAMPLES, 'wiki'), '--realm', 'wiki', '--json')
  await expect(started.zimki('admin', 'move-blobs', '--data', data, '--to', to)).rejects.toThrow(
    /is running|in use|another/,
  )
  await started.close()
  const moved = JSON.parse(await started.zimki('admin', 'move-blobs', '--data', data, '--to', to, '--json'))
  expect(moved).toMatchObject({ present: 0 })
  expect(moved.copied).toBeGreaterThan(3)
  const onS3 = await PlatformOnS3.up(data, '--blobs', to)
  expect((await fetch(`${onS3.url}/u/wiki/`)).status).toBeLessThan(400)
  await onS3.close()
  const back = await onS3.zimki(
    'admin',
    'move-blobs',
    '--data',
    data,
    '--from',
    to,
    '--to',
    'files',
    '--json',
  )
  expect(JSON.parse(back)).toMatchObject({ copied: 0 })
  const again = await PlatformOnS3.up(data)
  expect((await fetch(`${again.url}/u/wiki/`)).status).toBeLessThan(400)
  await again.close()
}, 180_000)

it('is not started on a store that cannot be relied on, and says why', async () => {
  const other = await mkdtemp(join(tmpdir(), 'zimki-s3-'))
  // moto takes any checksum.
  const careless = `s3://${TEST_BUCKET}/careless?endpoint=${store.endpoint}`
  const started = PlatformOnS3.up(join(other, '.zimki'), '--blobs', careless)
  await expect(started).rejects.toThrow(
    /this store cannot be relied on: it takes (uploads|parts) that are not what/,
  )
  await rm(other, { recursive: true })
}, 30_000)

/** The digest of the picture on the album's page. */
async function picture(): Promise<string> {
  const album = await (await fetch(`${platform.url}/u/photos/`)).text()
  const path = /<img src="([^"]+)"/.exec(album)?.[1] ?? 'none'
  const answer = await fetch(new URL(path, `${platform.url}/u/photos/`))
  return sha256(Buffer.from(await answer.arrayBuffer()))
}

/** Until it is what is wanted; the platform brings the process back by itself. */
async function eventually(look: () => Promise<string>): Promise<string> {
  for (;;) {
    const seen = await look().catch(String)
    if (seen === sha256(PHOTO)) return seen
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function keys(): Promise<string[]> {
  const client = plainClient(store.endpoint)
  const { Contents = [] } = await client.send(
    new ListObjectsV2Command({ Bucket: TEST_BUCKET, Prefix: 'platform/' }),
  )
  client.destroy()
  return Contents.map(({ Key = '' }) => Key)
}
