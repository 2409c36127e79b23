import { bytesOf, insist, newSample, type ProbeRun, refuses } from './probe-run.ts'

/** One object: written, read, not written over, stamped, deleted. */
export async function probeObject({ bucket, folder }: ProbeRun): Promise<void> {
  const key = `${folder}object`
  const first = newSample()
  insist(
    await bucket.putNew(key, first.bytes, first.sha256, { note: 'first' }),
    bucket,
    'says that an object is there which nobody put there',
    'new blobs would not be stored',
  )
  const read = await bytesOf(await bucket.get(key))
  insist(
    read?.equals(first.bytes) ?? false,
    bucket,
    read ? 'gives other bytes than it was given' : 'does not have what it has just taken',
    'blobs would be lost',
  )
  const stretch = await bytesOf(await bucket.get(key, { start: 100, end: 200 }))
  insist(
    stretch?.equals(first.bytes.subarray(100, 200)) ?? false,
    bucket,
    'does not give the stretch of an object that it is asked for',
    'large blobs could not be read',
  )
  await probeSecondWrite({ bucket, folder }, first.bytes)
  insist(
    (await bucket.restamp(key, { note: 'second' })) && (await bucket.head(key))?.metadata.note === 'second',
    bucket,
    'does not change the metadata of an object',
    'a blob that is put again would be taken for garbage',
  )
  await bucket.delete(key)
  insist(
    (await bucket.head(key)) === null && (await bucket.get(key)) === null,
    bucket,
    'still has what it has just deleted',
    'garbage would stay for ever',
  )
}

async function probeSecondWrite({ bucket, folder }: ProbeRun, first: Uint8Array): Promise<void> {
  const key = `${folder}object`
  const second = newSample()
  const written = await bucket.putNew(key, second.bytes, second.sha256, {})
  const now = await bytesOf(await bucket.get(key))
  insist(
    !written && (now?.equals(first) ?? false),
    bucket,
    'does not honour conditional writes (If-None-Match: *)',
    'two installations could take the same place',
  )
}

/** What is damaged on its way is refused, whole or in parts. */
export async function probeDamage({ bucket, folder }: ProbeRun): Promise<void> {
  const key = `${folder}damaged`
  const { bytes } = newSample()
  const other = newSample()
  const { refused, kept } = await tryDamaged({ bucket, folder }, bytes, other.sha256)
  insist(
    refused && !kept,
    bucket,
    'takes uploads that are not what their checksum says',
    'damage on the way would be found only when it is too late (`read-back=true` reads each blob back before it counts)',
  )
  await bucket.delete(key)
}

async function tryDamaged({ bucket, folder }: ProbeRun, bytes: Uint8Array, sha256: string) {
  const key = `${folder}damaged`
  const refused = await refuses(bucket.putNew(key, bytes, sha256, {}))
  return { refused, kept: (await bucket.head(key)) !== null }
}
