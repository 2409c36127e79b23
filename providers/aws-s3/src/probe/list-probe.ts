import { insist, newSample, type ProbeRun } from './probe-run.ts'

/** Lists show at once what was written and deleted, in order, in pages. */
export async function probeLists({ bucket, folder }: ProbeRun): Promise<void> {
  const at = `${folder}list/`
  const keys = ['a', 'b', 'c'].map((name) => at + name)
  const { bytes, sha256 } = newSample()
  await Promise.all(keys.map((key) => bucket.putNew(key, bytes, sha256, {})))
  const first = await bucket.list(at, '', 2)
  const rest = await bucket.list(at, keys[1] ?? '', 2)
  insist(
    sameList(first, keys.slice(0, 2)) && sameList(rest, keys.slice(2)),
    bucket,
    'does not list what it has just taken, in order and in pages',
    'blobs would be forgotten when they are collected or moved',
  )
  await bucket.delete(keys[1] ?? '')
  insist(
    sameList(await bucket.list(at, '', 3), [`${at}a`, `${at}c`]),
    bucket,
    'still lists what it has just deleted',
    'nobody could say which blobs there are',
  )
}

const sameList = (one: string[], other: string[]): boolean => JSON.stringify(one) === JSON.stringify(other)
