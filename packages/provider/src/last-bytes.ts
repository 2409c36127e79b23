const CONTINUATION_MASK = 0b1100_0000
const CONTINUATION = 0b1000_0000

/** The end of a text in at most so many bytes of UTF-8, of whole characters only. */
export function lastBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  let start = bytes.length - maxBytes
  while (start < bytes.length && (bytes[start]! & CONTINUATION_MASK) === CONTINUATION) start += 1
  return bytes.toString('utf8', start)
}
