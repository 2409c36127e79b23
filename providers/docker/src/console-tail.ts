/** An engine gives whole lines; so many are enough for any size that is asked for. */
export const TAIL_LINES = 20_000

const HEADER_BYTES = 8

/**
 * The last bytes of what an engine gives as a log, from the start of a character on. Output comes in frames: a header (which
 * stream, how long), then what was printed.
 */
export function consoleTail(framed: Buffer, maxBytes: number): string {
  const pieces: Buffer[] = []
  for (let at = 0; at + HEADER_BYTES <= framed.length; ) {
    const end = at + HEADER_BYTES + framed.readUInt32BE(at + 4)
    pieces.push(framed.subarray(at + HEADER_BYTES, end))
    at = end
  }
  const all = Buffer.concat(pieces)
  let from = Math.max(0, all.length - maxBytes)
  if (from > 0) while (from < all.length && ((all[from] ?? 0) & 0xc0) === 0x80) from += 1
  return all.toString('utf8', from)
}
