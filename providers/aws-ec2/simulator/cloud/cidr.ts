/** `10.0.0.0/24` -> its first address as a number, and how many addresses it has. */
export function parseCidr(cidr: string): { first: number; size: number } {
  const [, address = '', bits = '32'] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr) ?? []
  const size = 2 ** (32 - Number(bits))
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return { first, size }
}

export const addressText = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
