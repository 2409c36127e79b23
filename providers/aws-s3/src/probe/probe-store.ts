import { randomUUID } from 'node:crypto'
import type { Bucket } from '../bucket.ts'
import { abortUpload, unfinishedUploads } from '../multipart.ts'
import { probeLists } from './list-probe.ts'
import { probeMultipart } from './multipart-probe.ts'
import { probeDamage, probeObject } from './object-probe.ts'
import type { ProbeRun } from './probe-run.ts'

const MAX_KEYS = 100

/**
 * Looks whether a store does what blobs rest on, with a few small objects in `folder`, which it removes. UNSUPPORTED says what it does
 * not; with `readBack`, a store need not check what it receives. A store that lies only at times may pass: what is read is checked anyway.
 */
export async function probeStore(
  bucket: Bucket,
  folder: string,
  options: { readBack: boolean },
): Promise<void> {
  const run: ProbeRun = { bucket, folder: `${folder}${randomUUID()}/` }
  const looks = [probeObject(run), probeLists(run), probeMultipart(run, options)]
  if (!options.readBack) looks.push(probeDamage(run))
  const [failure] = (await Promise.allSettled(looks)).filter((look) => look.status === 'rejected')
  const tidied = tidy(run)
  if (!failure) return tidied
  // The next start tidies what could not be now; why the store is refused is what counts.
  await tidied.catch(() => undefined)
  throw failure.reason
}

async function tidy({ bucket, folder }: ProbeRun): Promise<void> {
  for await (const upload of unfinishedUploads(bucket, folder)) await abortUpload(bucket, upload)
  const keys = await bucket.list(folder, '', MAX_KEYS)
  await Promise.all(keys.map((key) => bucket.delete(key)))
}
