import type { FilledConversion } from './conversion.ts'
import { toNumber } from './format-integer.ts'
import { pad, signOf } from './pad.ts'

/** `Number.prototype.toFixed` and `toExponential` give at most this many digits; beyond it there are only zeros. */
const MAX_DIGITS = 100

/** `%f %e %g` and their capitals: precision 6 when none is given; the exponent has at least two digits. */
export function formatFloat(conversion: FilledConversion, argument: unknown): string {
  const number = toNumber(argument)
  const upper = conversion.letter !== conversion.letter.toLowerCase()
  const sign = signOf(conversion, number < 0 || Object.is(number, -0))
  if (!Number.isFinite(number)) {
    const name = Number.isNaN(number) ? 'nan' : 'inf'
    return pad(conversion, Number.isNaN(number) ? '' : sign, upper ? name.toUpperCase() : name, false)
  }
  const body = digits(conversion, Math.abs(number))
  return pad(conversion, sign, upper ? body.toUpperCase() : body, conversion.zero)
}

function digits(conversion: FilledConversion, magnitude: number): string {
  const precision = conversion.precision ?? 6
  switch (conversion.letter.toLowerCase()) {
    case 'f':
      return fixed(magnitude, precision, conversion.alternate)
    case 'e':
      return exponential(magnitude, precision, conversion.alternate)
    default:
      return general(magnitude, precision === 0 ? 1 : precision, conversion.alternate)
  }
}

function fixed(magnitude: number, precision: number, point: boolean): string {
  const shown = Math.min(precision, MAX_DIGITS)
  // From 1e21 on toFixed switches to an exponent; such a number is whole, so BigInt has all its digits.
  const text =
    magnitude < 1e21
      ? halfToEven(magnitude.toFixed(shown), shown, (count) => magnitude.toFixed(count))
      : BigInt(magnitude).toString() + (shown > 0 ? `.${'0'.repeat(shown)}` : '')
  return (precision === 0 && point ? `${text}.` : text) + '0'.repeat(precision - shown)
}

function exponential(magnitude: number, precision: number, point: boolean): string {
  const shown = Math.min(precision, MAX_DIGITS)
  const [mantissa = '', exponent = ''] = scientific(magnitude, shown).split('e')
  const zeros = '0'.repeat(precision - shown)
  return `${mantissa}${precision === 0 && point ? '.' : ''}${zeros}e${exponent.charAt(0)}${exponent.slice(1).padStart(2, '0')}`
}

function scientific(magnitude: number, digitCount: number): string {
  return halfToEven(magnitude.toExponential(digitCount), digitCount, (count) =>
    magnitude.toExponential(count),
  )
}

/**
 * JavaScript rounds a tie up, C to the even digit: 2.5 is "3" there and "2" here. A tie shows as a 5 followed by zeros
 * alone among the exact digits, which `render(MAX_DIGITS)` gives; that is asked for only when one digit more ends in 5.
 */
function halfToEven(rounded: string, digitCount: number, render: (digitCount: number) => string): string {
  if (digitCount >= MAX_DIGITS || !/5(?:e|$)/.test(render(digitCount + 1))) return rounded
  const [exact = '', exponent] = render(MAX_DIGITS).split('e')
  const cut = exact.indexOf('.') + 1 + digitCount
  if (/[1-9]/.test(exact.slice(cut + 1))) return rounded
  const kept = exact.slice(0, digitCount === 0 ? cut - 1 : cut)
  const isEven = '02468'.includes(kept.charAt(kept.length - 1))
  return isEven ? (exponent === undefined ? kept : `${kept}e${exponent}`) : rounded
}

/** C: `%e` if the exponent is below -4 or not below the precision, else `%f`; trailing zeros go unless `#`. */
function general(magnitude: number, precision: number, alternate: boolean): string {
  const shown = Math.min(precision, MAX_DIGITS + 1)
  const exponent = magnitude === 0 ? 0 : Number(scientific(magnitude, shown - 1).split('e')[1])
  if (exponent < -4 || exponent >= precision) {
    const [mantissa = '', power = ''] = exponential(magnitude, precision - 1, alternate).split('e')
    return `${alternate ? mantissa : trimZeros(mantissa)}e${power}`
  }
  const text = fixed(magnitude, precision - 1 - exponent, alternate)
  return alternate ? text : trimZeros(text)
}

function trimZeros(text: string): string {
  if (!text.includes('.')) return text
  let end = text.length
  while (text[end - 1] === '0') end--
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end)
}
