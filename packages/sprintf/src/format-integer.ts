import type { FilledConversion } from './conversion.ts'
import { pad, signOf } from './pad.ts'

const RADIX: Record<string, number> = { d: 10, i: 10, u: 10, x: 16, X: 16, o: 8 }
const TWO_64 = 2n ** 64n

/** `%d %i %u %x %X %o`. Fractions are cut off. A negative number under an unsigned conversion wraps at 64 bits, as in C. */
export function formatInteger(conversion: FilledConversion, argument: unknown): string {
  const signed = conversion.letter === 'd' || conversion.letter === 'i'
  const value = toBigInt(argument)
  if (typeof value === 'string') return pad(conversion, '', value, false)
  const negative = value < 0n
  const magnitude = signed ? (negative ? -value : value) : BigInt.asUintN(64, value)
  const shown = !signed && !negative && value >= TWO_64 ? value : magnitude
  const digits = shown.toString(RADIX[conversion.letter])
  const sign = signed ? signOf(conversion, negative) : ''
  const cased = conversion.letter === 'X' ? digits.toUpperCase() : digits
  return place(conversion, sign, cased, shown === 0n)
}

function place(conversion: FilledConversion, sign: string, digits: string, isZero: boolean): string {
  const { letter, precision, alternate } = conversion
  // C: the value 0 with precision 0 has no digits at all.
  let body = isZero && precision === 0 ? '' : digits.padStart(precision ?? 1, '0')
  if (alternate && letter === 'o' && !body.startsWith('0')) body = `0${body}`
  const prefix = alternate && !isZero && (letter === 'x' || letter === 'X') ? `0${letter}` : ''
  // C: a precision switches the flag 0 off.
  return pad(conversion, sign + prefix, body, conversion.zero && precision === null)
}

/** The whole number in an argument, or the text for what is none (`inf`, `nan`). */
function toBigInt(argument: unknown): bigint | string {
  if (typeof argument === 'bigint') return argument
  const number = Math.trunc(toNumber(argument))
  if (Number.isNaN(number)) return 'nan'
  if (!Number.isFinite(number)) return number < 0 ? '-inf' : 'inf'
  return BigInt(number)
}

/** As a program of 2006 would expect of text: its leading number, and 0 if it has none. */
export function toNumber(argument: unknown): number {
  if (argument === undefined || argument === null) return 0
  if (typeof argument === 'number') return argument
  if (typeof argument === 'boolean' || typeof argument === 'bigint') return Number(argument)
  const leading = Number.parseFloat(String(argument))
  return Number.isNaN(leading) ? 0 : leading
}
