import { createHash } from 'node:crypto'
import { PlatformError } from '@openzimki/core'

/** What is not larger is given out only once all of it was checked; of what is larger, this much is held back until then. */
const HELD_BYTES = 256 * 1024

/** Bytes with their SHA-256 (hex), and the stretch of them that is wanted (`end` exclusive). */
export interface Checked {
  content: AsyncIterable<Uint8Array>
  sha256: string
  start: number
  end: number
}

/**
 * The stretch that is wanted of content that is read whole and checked on the way. Its last bytes come only if all is what its digest
 * says, so that nobody takes a wrong blob for a whole one: INTERNAL then.
 */
export async function* verifiedRead({
  content,
  sha256,
  start,
  end,
}: Checked): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256')
  const held: Uint8Array[] = []
  let heldBytes = 0
  let at = 0
  for await (const chunk of content) {
    hash.update(chunk)
    const wanted = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += chunk.length
    if (wanted.length === 0) continue
    held.push(wanted)
    heldBytes += wanted.length
    while (held[0] && heldBytes - held[0].length >= HELD_BYTES) {
      heldBytes -= held[0].length
      yield held.shift() as Uint8Array
    }
  }
  if (hash.digest('hex') !== sha256) throw notWhatWasPut()
  yield* held
}

const notWhatWasPut = () =>
  new PlatformError(
    'INTERNAL',
    'the store gave other bytes than were put there, so the rest of them was refused; if it stays so, the blob is damaged: put it again, or bring it back from a backup',
    { details: { reason: 'CORRUPT' } },
  )
