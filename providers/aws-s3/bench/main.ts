/**
 * Measures the S3 driver in this process against a Versity gateway in another one, on this machine: memory and speed of 1 GB up and down, and small
 * blobs beside the file store. `node providers/aws-s3/bench/main.ts [megabytes]`
 */
import { randomBytes } from 'node:crypto'
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
const CHUNK = randomBytes(64_000)
const SMALL_RUNS = 300

async function* content(bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += CHUNK.length) yield CHUNK.subarray(0, Math.min(CHUNK.length, bytes - at))
}

/** Speed, and the most memory above what there was before. */
async function measured(name: string, bytes: number, work: () => Promise<void>): Promise<void> {
  const beforeBytes = process.memoryUsage.rss()
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
  const bodies = Array.from({ length: SMALL_RUNS }, () => randomBytes(10_000))
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

const folder = await mkdtemp(join(tmpdir(), 's3-bench-'))
const address = `127.0.0.1:${await freePort()}`
const { process: gateway } = await ServerProcess.start(
  [process.env.OPENZIMKI_VERSITYGW ?? 'versitygw', '--port', address, '--keep-alive', 'posix', folder],
  { ROOT_ACCESS_KEY: TEST_KEYS.AWS_ACCESS_KEY_ID, ROOT_SECRET_KEY: TEST_KEYS.AWS_SECRET_ACCESS_KEY },
  /service listening on/,
)
try {
  setTestKeys()
  const endpoint = `http://${address}`
  await makeTestBucket(endpoint)
  const spoolFolder = await mkdtemp(join(tmpdir(), 's3-bench-spool-'))
  const config = { bucket: TEST_BUCKET, prefix: 'bench/', endpoint }
  const blobs = await openS3BlobStore({ config, owner: 'bench', spoolFolder })
  const bytes = megabytes * MB
  let digest = ''
  await measured(`${megabytes} MB up`, bytes, async () => {
    digest = (await blobs.put(content(bytes))).digest
  })
  await measured(`${megabytes} MB down`, bytes, async () => {
    if ((await drain(blobs, digest)) !== bytes) throw new Error('not all of it came')
  })
  await measured(`${megabytes / 2} MB down, as a stretch`, bytes / 2, async () => {
    await drain(blobs, digest, { start: bytes / 4, end: (3 * bytes) / 4 })
  })
  await small('S3', blobs)
  await blobs.close()
  const files = await openFileBlobStore({ directory: join(folder, 'files') })
  await small('files', files)
  await files.close()
  await rm(spoolFolder, { recursive: true, force: true })
} finally {
  await gateway.close()
  await rm(folder, { recursive: true, force: true })
}
