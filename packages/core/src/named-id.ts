/** A UUID of version 8 (RFC 9562: made by rules of one's own) out of a digest in hex: the same for the same. */
export function namedId(hex: string): string {
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ]
  return parts.join('-')
}
