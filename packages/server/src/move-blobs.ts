import { openIdentityFile } from '@openzimki/link'
import { type CopyReport, copyBlobs } from '@openzimki/store'
import { checkBlobPlace, writeBlobPlace } from './blob-place.ts'
import { openDataDirectory } from './data-directory.ts'
import { lockData } from './data-lock.ts'
import { ownerOf } from './installation-owner.ts'
import { openPlace } from './open-blobs.ts'

const TELL_EVERY_MS = 2_000

/**
 * Copies all blobs of an installation that does not run from one place to another (`s3://...`, empty: the data folder), and writes down that they
 * are there now. What was copied stays where it was. INVALID_ARGUMENT when they are not where it is said; fails as the stores do.
 */
export async function moveBlobs(
  options: { data: string; from: string; to: string },
  tell: (text: string) => void,
): Promise<CopyReport> {
  const data = await openDataDirectory(options.data)
  const lock = await lockData(data.lockFile)
  try {
    const owner = ownerOf(await openIdentityFile(data.controlKey))
    const folder = data.blobs
    await checkBlobPlace({ folder, place: options.from })
    const from = await openPlace({ folder, place: options.from, owner })
    try {
      const to = await openPlace({ folder, place: options.to, owner })
      try {
        const report = await copyBlobs({ from, to, onProgress: everyNow(tell) })
        await writeBlobPlace({ folder, place: options.to })
        return report
      } finally {
        await to.close()
      }
    } finally {
      await from.close()
    }
  } finally {
    await lock.release()
  }
}

function everyNow(tell: (text: string) => void): (report: Readonly<CopyReport>) => void {
  let toldMs = performance.now()
  return ({ copied, present, bytes }) => {
    if (performance.now() - toldMs < TELL_EVERY_MS) return
    toldMs = performance.now()
    tell(`${copied} blobs (${bytes} bytes) copied, ${present} were there already`)
  }
}
