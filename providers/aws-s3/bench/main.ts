/**
 * Measures the S3 driver in this process against a Versity gateway in another one, on this machine: memory and speed of 1 GB up and down, and small
 * blobs beside the file store. `node providers/aws-s3/bench/main.ts [megabytes]`
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobStore } from '@openzimki/store'
import { openFileBlobStore } from '@openzimki/store'
import { openS3BlobStore } from '../src/index.ts'
import { ServerProcess } from '../src/testing/server-process.ts'
import { makeTestBucket, setTestKeys, TEST_BUCKET, TEST_KEYS } from '../src/testing/test-bucket.ts'

const MB = 1e6
const megabytes = Number(process.argv[2] ?? 1_000)
const CHUNK = Buffer.alloc(64_000, 'what a visitor brings ')
const SMALL_RUNS = 300
let beforeBytes = 0

async function* content(bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += CHUNK.length) yield CHUNK.subarray(0, Math.min(CHUNK.length, bytes - at))
}

/** Speed, and the most memory above what there was before. */
async function measured(name: string, bytes: number, work: () => Promise<void>): Promise<void> {
  let mostBytes = beforeBytes
  const sample = setInterval(() => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss())
  }, 10)
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1_000
  clearInterval(sample)
  const extra = ((mostBytes - beforeBytes) / MB).toFixed(0)
  console.log(`${name}: ${(bytes / MB / seconds).toFixed(0)} MB/s, at most ${extra} MB more memory`)
}

async function drain(
  blobs: BlobStore,
  digest: string,
  range?: { start: number; end: number },
): Promise<number> {
  let bytes = 0
  for await (const part of await blobs.get(digest, range)) bytes += part.length
  return bytes
}

async function p50(work: (run: number) => Promise<unknown>): Promise<string> {
  const tookMs: number[] = []
  for (let run = 0; run < SMALL_RUNS; run++) {
    const start = performance.now()
    await work(run)
    tookMs.push(performance.now() - start)
  }
  return tookMs.sort((a, b) => a - b)[SMALL_RUNS / 2]!.toFixed(2)
}

async function small(name: string, blobs: BlobStore): Promise<void> {
  const bodies = Array.from({ length: SMALL_RUNS }, () =>
    Buffer.from(`${Math.random()} ${'x'.repeat(10_000)}`).subarray(0, 10_000),
  )
  const digests: string[] = []
  const one = async function* (body: Uint8Array) {
    yield body
  }
  const put = await p50(async (run) => digests.push((await blobs.put(one(bodies[run]!))).digest))
  const get = await p50((run) => drain(blobs, digests[run]!))
  console.log(`10 KB, ${name}: put ${put} ms, get ${get} ms (p50 of ${SMALL_RUNS})`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The same every time, so that one process reads what another put. */
const bytes = megabytes * MB
const open = (endpoint: string, spoolFolder: string) =>
  openS3BlobStore({
    config: { bucket: TEST_BUCKET, prefix: 'bench/', endpoint },
    owner: 'bench',
    spoolFolder,
    onBytes: relief(),
  })

/** What the server's stream-relief.ts does. */
function relief(): (bytes: number) => void {
  let since = 0
  return (bytes) => {
    since += bytes
    if (since < 8_000_000) return
    since = 0
    globalThis.gc?.({ type: 'minor' })
  }
}

async function up(endpoint: string, spoolFolder: string): Promise<void> {
  const blobs = await open(endpoint, spoolFolder)
  await warmUp(blobs)
  await measured(`${megabytes} MB up`, bytes, async () => {
    await blobs.put(content(bytes))
  })
  await blobs.close()
}

async function down(endpoint: string, spoolFolder: string): Promise<void> {
  const blobs = await open(endpoint, spoolFolder)
  await warmUp(blobs)
  const digest = await largest(blobs)
  await measured(`${megabytes} MB down`, bytes, async () => {
    if ((await drain(blobs, digest)) !== bytes) throw new Error('not all of it came')
  })
  await measured(`${megabytes / 2} MB down, as a stretch`, bytes / 2, async () => {
    await drain(blobs, digest, { start: bytes / 4, end: (3 * bytes) / 4 })
  })
  await small('S3', blobs)
  await blobs.close()
  const files = await openFileBlobStore({ directory: join(spoolFolder, 'files') })
  await small('files', files)
  await files.close()
}

async function warmUp(blobs: BlobStore): Promise<void> {
  for (let run = 0; run < 20; run++) await drain(blobs, (await blobs.put(content(100_000 + run))).digest)
  beforeBytes = process.memoryUsage.rss()
}

async function largest(blobs: BlobStore): Promise<string> {
  for (const digest of await blobs.list()) if ((await blobs.stat(digest))?.size === bytes) return digest
  throw new Error('what was put up is not there')
}

/** Each direction in a process of its own, so that neither inherits what the other left in memory. */
async function both(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 's3-bench-'))
  const spoolFolder = await mkdtemp(join(tmpdir(), 's3-bench-spool-'))
  const address = `127.0.0.1:${await freePort()}`
  const { process: gateway } = await ServerProcess.start(
    [process.env.OPENZIMKI_VERSITYGW ?? 'versitygw', '--port', address, '--keep-alive', 'posix', folder],
    { ROOT_ACCESS_KEY: TEST_KEYS.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: TEST_KEYS.AWS_SECRET_ACCESS_KEY },
    /service listening on/,
  )
  try {
    await makeTestBucket(`http://${address}`)
    for (const direction of ['up', 'down']) {
      // As the platform runs its store's process.
      const execArgv = ['--expose-gc']
      const given = [`${megabytes}`, direction, `http://${address}`, spoolFolder]
      const child = fork(import.meta.filename, given, { execArgv })
      const [code] = await once(child, 'exit')
      if (code !== 0) throw new Error(`${direction} ended with ${code}`)
    }
  } finally {
    await gateway.close()
    for (const one of [folder, spoolFolder]) await rm(one, { recursive: true, force: true })
  }
}

const [, , , direction, endpoint = '', spoolFolder = ''] = process.argv
setTestKeys()
if (direction === undefined) await both()
else await (direction === 'up' ? up : down)(endpoint, spoolFolder)
