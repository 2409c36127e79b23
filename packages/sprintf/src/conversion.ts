/** One `%...` of a format, taken apart. */
export interface Conversion {
  minus: boolean
  plus: boolean
  space: boolean
  zero: boolean
  alternate: boolean
  /** Least number of characters. `'*'`: the next argument. */
  width: number | '*'
  /** `null`: none was given. `'*'`: the next argument. */
  precision: number | '*' | null
  /** The letter, such as `d`; empty when the format ends inside the conversion. */
  letter: string
  /** Index of the first character after the conversion. */
  end: number
}

/** A conversion whose `*` have been filled in from the arguments. */
export type FilledConversion = Conversion & { width: number; precision: number | null }

/** A width or precision beyond this would let a ten-character format fill the memory. */
const MAX_NUMBER = 65_536

const FLAG_NAMES = {
  '-': 'minus',
  '+': 'plus',
  ' ': 'space',
  '0': 'zero',
  '#': 'alternate',
} as const

/** Reads the conversion whose `%` stands at `start`. Length modifiers (`l`, `h`, `q`...) are read and ignored, as JavaScript has one number. */
export function readConversion(format: string, start: number): Conversion {
  const conversion: Conversion = {
    minus: false,
    plus: false,
    space: false,
    zero: false,
    alternate: false,
    width: 0,
    precision: null,
    letter: '',
    end: start + 1,
  }
  let at = start + 1
  for (let flag = flagName(format[at]); flag; flag = flagName(format[++at])) conversion[flag] = true
  const width = readNumber(format, at)
  conversion.width = width.value
  at = width.end
  if (format[at] === '.') {
    const precision = readNumber(format, at + 1)
    conversion.precision = precision.value
    at = precision.end
  }
  while (at < format.length && 'hlqLjzt'.includes(format.charAt(at))) at++
  conversion.letter = format.charAt(at)
  conversion.end = Math.min(at + 1, format.length)
  return conversion
}

function flagName(character: string | undefined): (typeof FLAG_NAMES)[keyof typeof FLAG_NAMES] | undefined {
  return character !== undefined && Object.hasOwn(FLAG_NAMES, character)
    ? FLAG_NAMES[character as keyof typeof FLAG_NAMES]
    : undefined
}

function readNumber(format: string, start: number): { value: number | '*'; end: number } {
  if (format[start] === '*') return { value: '*', end: start + 1 }
  let value = 0
  let end = start
  for (; end < format.length; end++) {
    const digit = format.charCodeAt(end) - 48
    if (digit < 0 || digit > 9) break
    value = Math.min(value * 10 + digit, MAX_NUMBER)
  }
  return { value, end }
}

/** Width or precision out of an argument, within the same bound. */
export function boundedNumber(argument: unknown): number {
  const number = Math.trunc(Number(argument))
  return Number.isNaN(number) ? 0 : Math.max(-MAX_NUMBER, Math.min(number, MAX_NUMBER))
}
