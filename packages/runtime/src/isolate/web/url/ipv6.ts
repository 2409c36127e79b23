const IPV4_PART = /^(?:0|[1-9]\d{0,2})$/

/** https://url.spec.whatwg.org/#concept-ipv6-parser, serialized without brackets; null for failure. */
export function parseIpv6(text: string): string | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const head = parsePieces(halves[0]!, halves.length === 1)
  const tail = halves.length === 2 ? parsePieces(halves[1]!, true) : []
  if (!head || !tail) return null
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  return serialize([...head, ...new Array<number>(missing).fill(0), ...tail])
}

/** The 16-bit pieces of one side of `::`; the last two may be written as an IPv4 address where that is the end. */
function parsePieces(text: string, isEnd: boolean): number[] | null {
  if (text === '') return []
  const parts = text.split(':')
  const pieces: number[] = []
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && part.includes('.')) {
      const bytes = ipv4Bytes(part)
      if (!bytes) return null
      pieces.push(bytes[0]! * 256 + bytes[1]!, bytes[2]! * 256 + bytes[3]!)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) pieces.push(Number.parseInt(part, 16))
    else return null
  }
  return pieces
}

function ipv4Bytes(text: string): number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => IPV4_PART.test(part) && Number(part) <= 255)) return null
  return parts.map(Number)
}

function serialize(pieces: number[]): string {
  const [start, length] = longestZeros(pieces)
  if (length < 2) return pieces.map(hex).join(':')
  return `${pieces.slice(0, start).map(hex).join(':')}::${pieces
    .slice(start + length)
    .map(hex)
    .join(':')}`
}

const hex = (piece: number): string => piece.toString(16)

function longestZeros(pieces: number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0]
  let start = 0
  for (const [index, piece] of pieces.entries()) {
    if (piece !== 0) start = index + 1
    else if (index + 1 - start > best[1]) best = [start, index + 1 - start]
  }
  return best
}
