import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { checkS3 } from './check-s3.ts'
import type { S3BlobStore } from './s3-blob-store.ts'
import { checkedUpload, type LyingStore, s3Error, startBehindProxy } from './testing/moto-behind-proxy.ts'
import type { Behaviour, PassingAnswer, PassingRequest } from './testing/s3-proxy.ts'
import { chunksOf, noise, readAll, S3TestBed, sha256 } from './testing/s3-test-bed.ts'

let store: LyingStore
let bed: S3TestBed
const honest: Behaviour = { answer: checkedUpload }
beforeAll(async () => {
  bed = await S3TestBed.start(async () => {
    store = await startBehindProxy()
    return store
  }, {})
})
beforeEach(() => {
  store.proxy.behaviour = honest
})
afterAll(() => bed?.close())

const isPut = ({ method, path }: PassingRequest) => method === 'PUT' && !path.includes('uploadId')
const isPart = ({ method, path }: PassingRequest) => method === 'PUT' && path.includes('uploadId')
const isDelete = ({ method, path }: PassingRequest) => method === 'DELETE' && !path.includes('uploadId')
const isList = ({ path }: PassingRequest) => path.includes('list-type=2')
const isUploads = ({ method, path }: PassingRequest) => method === 'GET' && path.includes('uploads')
const isGet = (request: PassingRequest) => request.method === 'GET' && !isList(request) && !isUploads(request)
const done = (headers = {}): PassingAnswer => ({ status: 200, headers, body: Buffer.alloc(0) })

const COPIED: PassingAnswer = {
  ...done({ 'content-type': 'application/xml' }),
  body: Buffer.from('<CopyObjectResult><ETag>"x"</ETag></CopyObjectResult>'),
}

/** What a store may do wrong, and what the probe then says of it. */
const LIES: [string, RegExp, Behaviour][] = [
  [
    'ignores the condition of a write',
    /does not honour conditional writes/,
    { ...honest, request: (request) => isPut(request) && delete request.headers['if-none-match'] },
  ],
  [
    'says that it refused a conditional write, but did it',
    /does not honour conditional writes/,
    {
      ...honest,
      request: (request) => {
        if (!isPut(request) || !request.headers['if-none-match']) return
        delete request.headers['if-none-match']
        request.headers['x-was-conditional'] = 'yes'
      },
      response: refuseSecond(),
    },
  ],
  [
    'ignores the condition when an upload in parts ends',
    /does not honour conditional writes .* of uploads in parts/,
    { ...honest, request: (request) => request.method === 'POST' && delete request.headers['if-none-match'] },
  ],
  [
    'takes writes and drops them',
    /does not have what it has just taken/,
    { answer: (request) => checkedUpload(request) ?? (isPut(request) ? done({ etag: '"x"' }) : undefined) },
  ],
  [
    'takes content that is not what its checksum says',
    /takes (uploads|parts) that are not what their checksum says/,
    {},
  ],
  [
    'checks whole uploads, but no parts',
    /takes parts that are not what their checksum says/,
    { answer: (request) => (isPart(request) ? undefined : checkedUpload(request)) },
  ],
  [
    'changes a byte of what is read',
    /gives other bytes than it was given/,
    { ...honest, response: flipByte },
  ],
  ['gives less than all', /gives other bytes than it was given/, { ...honest, response: shorten }],
  [
    'gives all in place of a stretch',
    /does not give the stretch/,
    { ...honest, request: (request) => delete request.headers.range },
  ],
  ['shows lists of before', /does not list what it has just taken/, { ...honest, response: emptyList }],
  [
    'lists what is deleted',
    /still (lists|has) what it has just deleted/,
    {
      answer: (request) =>
        checkedUpload(request) ?? (isDelete(request) ? { ...done(), status: 204 } : undefined),
    },
  ],
  [
    'drops new metadata',
    /does not change the metadata/,
    {
      answer: (request) =>
        checkedUpload(request) ?? (request.headers['x-amz-copy-source'] ? COPIED : undefined),
    },
  ],
  [
    'hides unfinished uploads',
    /does not list an upload that is not finished/,
    {
      answer: (request) =>
        checkedUpload(request) ??
        (isUploads(request)
          ? { ...done(), body: Buffer.from('<ListMultipartUploadsResult></ListMultipartUploadsResult>') }
          : undefined),
    },
  ],
  [
    'aborts nothing',
    /keeps an upload that was aborted/,
    {
      answer: (request) =>
        checkedUpload(request) ??
        (request.method === 'DELETE' && request.path.includes('uploadId')
          ? { ...done(), status: 204 }
          : undefined),
    },
  ],
]

describe('the probe', () => {
  it('passes a store that does not lie', async () => {
    await bed.open(bed.config())
    expect((await checkS3({ config: bed.config() })).ok).toBe(true)
  })

  it.each(LIES)('refuses a store that %s', async (_, says, behaviour) => {
    store.proxy.behaviour = behaviour
    const refused = { code: 'UNSUPPORTED', message: expect.stringMatching(says) }
    await expect(bed.open(bed.config())).rejects.toMatchObject(refused)
  })

  it('is what the check tells of', async () => {
    store.proxy.behaviour = {}
    const { ok, findings } = await checkS3({ config: bed.config() })
    expect([ok, findings[0]?.level]).toEqual([false, 'error'])
    expect(findings[0]?.text).toMatch(/that are not what their checksum says, so damage on the way/)
  })

  it('takes a store that checks nothing if each upload is read back, which keeps nothing that is damaged', async () => {
    store.proxy.behaviour = {}
    const blobs = await bed.open(bed.config({ readBack: true }))
    const content = noise(10_000)
    store.proxy.behaviour = { request: damageUpload }
    await expect(blobs.put(chunksOf(content))).rejects.toMatchObject({ code: 'INTERNAL' })
    store.proxy.behaviour = {}
    expect(await blobs.list()).toEqual([])
    expect((await blobs.put(chunksOf(content))).digest).toBe(sha256(content))
  })
})

/** A store that was good when it was looked at. */
describe('what is read', () => {
  const small = noise(100_000)
  const large = noise(6_000_000)
  let blobs: S3BlobStore
  beforeAll(async () => {
    store.proxy.behaviour = honest
    blobs = bed.openUnprobed(bed.config())
    await blobs.put(chunksOf(small))
    await blobs.put(chunksOf(large))
  })

  it.each([
    ['a small blob', small, {}],
    ['a large blob', large, {}],
    ['a stretch of a small blob', small, { start: 10, end: 20 }],
    ['a stretch of a large blob', large, { start: 5_999_990 }],
  ])('is refused when it is damaged, and then not whole: %s', async (_, content, range) => {
    const { start = 0, end = content.length }: { start?: number; end?: number } = range
    store.proxy.behaviour = { response: flipByte }
    const parts: Uint8Array[] = []
    const reading = (async () => {
      for await (const part of await blobs.get(sha256(content), range)) parts.push(part)
    })()
    await expect(reading).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(/other bytes/),
    })
    expect(Buffer.concat(parts).length).toBeLessThan(end - start)
  })

  it('is refused when it is less than was put', async () => {
    store.proxy.behaviour = { response: shorten }
    for (const content of [small, large])
      await expect(blobs.get(sha256(content)).then(readAll)).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('comes whole over connections that break, as long as each brings something', async () => {
    let breaks = 0
    store.proxy.behaviour = {
      response: (request, answer) => {
        if (isGet(request) && breaks++ < 20) answer.breakAfter = 200_000
      },
    }
    expect((await readAll(await blobs.get(sha256(large)))).equals(large)).toBe(true)
    expect(breaks).toBeGreaterThan(20)
  })

  it('ends with a plain error when no connection brings anything more', async () => {
    const cut: Behaviour = {
      response: (request, answer) => {
        if (isGet(request)) answer.breakAfter = request.headers.range ? 0 : 1_000_000
      },
    }
    const reading = await blobs.get(sha256(large))
    store.proxy.behaviour = cut
    await readAll(reading)
    await expect(blobs.get(sha256(large)).then(readAll)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/cannot be reached|ended its answer/),
    })
  })
})

describe('what is uploaded', () => {
  it('is not kept, nor its parts, when one of them fails for good', async () => {
    const blobs = bed.openUnprobed(bed.config({ maxAttempts: 1 }))
    store.proxy.behaviour = {
      answer: (request) => (isPart(request) ? s3Error(500, 'InternalError') : undefined),
    }
    await expect(blobs.put(chunksOf(noise(11_000_000)))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(await blobs.list()).toEqual([])
    expect(await blobs.sweepUploads()).toBe(0)
    expect(await blobs.sweepUploads()).toBe(0)
  })

  it('is there though the answer to its last request was lost', async () => {
    const blobs = bed.openUnprobed(bed.config())
    let lost = 0
    store.proxy.behaviour = {
      response: (request, answer) => {
        if (request.method === 'POST' && request.path.includes('uploadId') && lost++ === 0)
          answer.breakAfter = 0
      },
      answer: (request) =>
        // As S3 does: the upload is known no more.
        request.method === 'POST' && request.path.includes('uploadId') && lost > 0
          ? s3Error(404, 'NoSuchUpload')
          : undefined,
    }
    const content = noise(5_300_000)
    expect(await blobs.put(chunksOf(content))).toEqual({ digest: sha256(content), size: content.length })
    expect(lost).toBeGreaterThan(1)
    expect((await readAll(await blobs.get(sha256(content)))).equals(content)).toBe(true)
  })

  it('is tried again where the store asks to, and says so when that did not help', async () => {
    const blobs = bed.openUnprobed(bed.config({ maxAttempts: 2 }))
    let asked = 0
    const slow: Behaviour = {
      answer: (request) => (isPut(request) && asked++ < 1 ? s3Error(503, 'SlowDown') : undefined),
    }
    store.proxy.behaviour = slow
    await blobs.put(chunksOf(noise(1_000)))
    expect(asked).toBe(2)
    store.proxy.behaviour = { answer: () => s3Error(503, 'SlowDown') }
    await expect(blobs.put(chunksOf(noise(2_000)))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/asks for fewer requests; try again later/),
    })
  })
})

/** What goes wrong between the platform and its store, as the real client tells it. */
describe('errors', () => {
  it.each([
    [403, 'AccessDenied', /may not do that; give their role or user the rights/],
    [403, 'InvalidAccessKeyId', /does not take these credentials; mend AWS_ACCESS_KEY_ID/],
    [400, 'ExpiredToken', /have expired; renew them/],
    [403, 'RequestTimeTooSkewed', /clock of this machine is wrong by minutes; set it/],
    [404, 'NoSuchBucket', /there is no such bucket; make it, or mend/],
    [301, 'PermanentRedirect', /in another region; name the region/],
    [501, 'NotImplemented', /does not know this request; use a store that does/],
  ])('of %d %s say what to do', async (status, code, says) => {
    store.proxy.behaviour = { answer: () => s3Error(status, code) }
    const { findings } = await checkS3({ config: bed.config({ maxAttempts: 1 }) })
    expect(findings[0]).toEqual({ level: 'error', text: expect.stringMatching(says) })
  })

  it('of a HEAD, which has no words, come from its status', async () => {
    const blobs = bed.openUnprobed(bed.config({ maxAttempts: 1 }))
    store.proxy.behaviour = { answer: () => ({ ...s3Error(403, ''), body: Buffer.alloc(0) }) }
    const denied = { code: 'UNAVAILABLE', message: expect.stringMatching(/may not do that/) }
    await expect(blobs.stat('a'.repeat(64))).rejects.toMatchObject(denied)
  })

  it('of a store that never answers, and of one that is not there', async () => {
    store.proxy.behaviour = { answer: () => 'never' }
    const config = bed.config({ maxAttempts: 1, requestTimeoutMs: 200 })
    const silent = { code: 'UNAVAILABLE', message: expect.stringMatching(/did not answer in time/) }
    await expect(bed.open(config)).rejects.toMatchObject(silent)
    const gone = bed.config({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 })
    const message = expect.stringMatching(/cannot be reached; mend endpoint or region/)
    await expect(bed.open(gone)).rejects.toMatchObject({ code: 'UNAVAILABLE', message })
  })
})

function flipByte(request: PassingRequest, { body }: PassingAnswer): void {
  if (isGet(request) && body.length > 0) body.writeUInt8(body.readUInt8(body.length - 1) ^ 1, body.length - 1)
}

function shorten(request: PassingRequest, answer: PassingAnswer): void {
  if (!isGet(request)) return
  answer.body = answer.body.subarray(0, -1)
  answer.headers['content-length'] = String(answer.body.length)
}

function emptyList(request: PassingRequest, answer: PassingAnswer): void {
  if (!isList(request)) return
  answer.body = Buffer.from('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>')
  delete answer.headers['content-length']
}

function damageUpload(request: PassingRequest): void {
  if (isPut(request)) request.body = Buffer.from(request.body).fill(0, 5_000, 5_001)
}

/** Remembers which keys were written. */
function refuseSecond() {
  const written = new Set<string>()
  return (request: PassingRequest, answer: PassingAnswer): void => {
    if (!request.headers['x-was-conditional']) return
    if (written.has(request.path)) Object.assign(answer, s3Error(412, 'PreconditionFailed'))
    written.add(request.path)
  }
}
