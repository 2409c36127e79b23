import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlatformError } from '@openzimki/core'

const FILE = 'place'
/** Of the file store: `<first two of the digest>/...`. */
const BLOB_FOLDER = /^[0-9a-f]{2}$/

/** Where an installation has its blobs is written down in their local folder, so that it is not started beside them. */
interface BlobPlace {
  folder: string
  place: string
}

/** INVALID_ARGUMENT when the blobs are elsewhere: nothing would be found, and what is there taken for garbage. */
export async function checkBlobPlace({ folder, place }: BlobPlace): Promise<void> {
  const known = await readPlace(folder)
  if (known === null && place !== '' && (await hasBlobs(folder))) throw elsewhere('the data folder', place)
  if (known !== null && known !== withoutSettings(place)) throw elsewhere(known || 'the data folder', place)
}

export async function writeBlobPlace({ folder, place }: BlobPlace): Promise<void> {
  const path = join(folder, FILE)
  if (place === '') {
    await rm(path, { force: true })
    return
  }
  await writeFile(`${path}.tmp`, `${withoutSettings(place)}\n`, { mode: 0o600 })
  await rename(`${path}.tmp`, path)
}

async function readPlace(folder: string): Promise<string | null> {
  try {
    return (await readFile(join(folder, FILE), 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

const hasBlobs = async (folder: string): Promise<boolean> =>
  (await readdir(folder)).some((name) => BLOB_FOLDER.test(name))

/** Region or endpoint may change; bucket and prefix may not. */
const withoutSettings = (place: string): string => place.replace(/\?.*$/s, '').replace(/\/+$/, '')

const elsewhere = (known: string, asked: string): PlatformError =>
  new PlatformError(
    'INVALID_ARGUMENT',
    `the blobs of this installation are in ${known}, not in ${withoutSettings(asked) || 'the data folder'}: start it as before (--blobs), or take them there with \`zimki admin move-blobs\``,
  )
