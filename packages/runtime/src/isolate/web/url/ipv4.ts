/** "Ends in a number": such a host must be an IPv4 address. */
export function endsInNumber(host: string): boolean {
  const parts = host.split('.')
  if (parts.at(-1) === '') {
    if (parts.length === 1) return false
    parts.pop()
  }
  const last = parts.at(-1)!
  return /^[0-9]+$/.test(last) || parseNumber(last) !== null
}

/** https://url.spec.whatwg.org/#concept-ipv4-parser, serialized; null for failure. */
export function parseIpv4(host: string): string | null {
  const parts = host.split('.')
  if (parts.at(-1) === '' && parts.length > 1) parts.pop()
  if (parts.length > 4) return null
  const numbers = parts.map(parseNumber)
  const last = numbers.pop()
  if (last === undefined || last === null || last >= 256 ** (4 - numbers.length)) return null
  let address = last
  for (const [index, number] of numbers.entries()) {
    if (number === null || number > 255) return null
    address += number * 256 ** (3 - index)
  }
  return serializeIpv4(address)
}

export const serializeIpv4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')

function parseNumber(text: string): number | null {
  if (text === '') return null
  if (/^0x[0-9a-f]*$/i.test(text)) return text.length === 2 ? 0 : Number.parseInt(text, 16)
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8)
  return /^[1-9][0-9]*$/.test(text) ? Number.parseInt(text, 10) : null
}
