import { MultipartUpload, unfinishedUploads } from '../multipart.ts'
import { bytesOf, insist, newSample, type ProbeRun, refuses } from './probe-run.ts'

/** Uploads in parts: found while unfinished, gone once aborted, never in place of what is there. */
export async function probeMultipart(run: ProbeRun, options: { readBack: boolean }): Promise<void> {
  await probeAbort(run, options)
  await probeCompletion(run)
}

async function probeAbort({ bucket, folder }: ProbeRun, { readBack }: { readBack: boolean }): Promise<void> {
  const key = `${folder}aborted`
  const { bytes, sha256 } = newSample()
  const upload = await MultipartUpload.start(bucket, key, {})
  await upload.upload(1, bytes, sha256)
  insist(
    readBack || (await refuses(upload.upload(2, bytes, newSample().sha256))),
    bucket,
    'takes parts that are not what their checksum says',
    'damage on the way would be found only when it is too late (`read-back=true` reads each blob back before it counts)',
  )
  insist(
    await isListed({ bucket, folder }, upload.uploadId),
    bucket,
    'does not list an upload that is not finished',
    'uploads that were cut off could not be found, and cost for ever',
  )
  await upload.abort()
  insist(
    !(await isListed({ bucket, folder }, upload.uploadId)) && (await bucket.head(key)) === null,
    bucket,
    'keeps an upload that was aborted',
    'uploads that were cut off would cost for ever',
  )
}

async function probeCompletion({ bucket, folder }: ProbeRun): Promise<void> {
  const key = `${folder}parts`
  const first = newSample()
  const upload = await MultipartUpload.start(bucket, key, {})
  await upload.upload(1, first.bytes, first.sha256)
  const done = await upload.complete()
  const read = await bytesOf(await bucket.get(key))
  insist(
    done && (read?.equals(first.bytes) ?? false),
    bucket,
    'does not have what was uploaded in parts',
    'large blobs would be lost',
  )
  const other = newSample()
  const second = await MultipartUpload.start(bucket, key, {})
  await second.upload(1, other.bytes, other.sha256)
  const written = await second.complete()
  if (!written) await second.abort()
  insist(
    !written,
    bucket,
    'does not honour conditional writes (If-None-Match: *) of uploads in parts',
    'a blob could be written over',
  )
}

async function isListed({ bucket, folder }: ProbeRun, uploadId: string): Promise<boolean> {
  for await (const upload of unfinishedUploads(bucket, folder)) if (upload.uploadId === uploadId) return true
  return false
}
