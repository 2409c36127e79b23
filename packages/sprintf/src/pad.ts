/** Fills `sign + body` up to the width: on the right for `-`, with zeros after the sign if `zeros`, else on the left. */
export function pad(
  conversion: { minus: boolean; width: number },
  sign: string,
  body: string,
  zeros: boolean,
): string {
  const whole = sign + body
  if (conversion.minus) return whole.padEnd(conversion.width)
  if (zeros) return sign + body.padStart(conversion.width - sign.length, '0')
  return whole.padStart(conversion.width)
}

/** What stands before a number: `-`, or what the flags `+` and space ask for. */
export function signOf(conversion: { plus: boolean; space: boolean }, negative: boolean): string {
  if (negative) return '-'
  if (conversion.plus) return '+'
  return conversion.space ? ' ' : ''
}
