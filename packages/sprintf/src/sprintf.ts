import { boundedNumber, type Conversion, type FilledConversion, readConversion } from './conversion.ts'
import { formatFloat } from './format-float.ts'
import { formatInteger } from './format-integer.ts'
import { pad } from './pad.ts'

/**
 * C's sprintf: `%s %d %i %u %f %e %g %x %X %o %c %%` (and `%E %G %F`), with the flags `- + space 0 #`, width,
 * precision and `*` for either. A missing argument counts as an empty string or 0. An unknown conversion stays as it is
 * written. Never throws, but for an argument that cannot be turned into a string or number. Width and precision are
 * held to 65,536.
 */
export function sprintf(format: unknown, ...args: unknown[]): string {
  const text = String(format)
  const parts: string[] = []
  let next = 0
  let from = 0
  for (let percent = text.indexOf('%'); percent >= 0; percent = text.indexOf('%', from)) {
    parts.push(text.slice(from, percent))
    const conversion = readConversion(text, percent)
    from = conversion.end
    if (conversion.letter === '%') {
      parts.push('%')
      continue
    }
    if (!isKnown(conversion.letter)) {
      parts.push(text.slice(percent, from))
      continue
    }
    const filled = fill(conversion, () => args[next++])
    parts.push(convert(filled, args[next++]))
  }
  parts.push(text.slice(from))
  return parts.join('')
}

const isKnown = (letter: string): boolean => letter !== '' && 'sdiufFeEgGxXoc'.includes(letter)

function fill(conversion: Conversion, take: () => unknown): FilledConversion {
  const width = conversion.width === '*' ? boundedNumber(take()) : conversion.width
  const precision = conversion.precision === '*' ? boundedNumber(take()) : conversion.precision
  return Object.assign(conversion, {
    minus: conversion.minus || width < 0,
    width: Math.abs(width),
    // C: a negative precision counts as none.
    precision: precision !== null && precision < 0 ? null : precision,
  })
}

function convert(conversion: FilledConversion, argument: unknown): string {
  switch (conversion.letter) {
    case 's':
      return pad(conversion, '', truncate(asText(argument), conversion.precision), false)
    case 'c':
      return pad(conversion, '', asCharacter(argument), false)
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      return formatInteger(conversion, argument)
    default:
      return formatFloat(conversion, argument)
  }
}

const asText = (argument: unknown): string => (argument === undefined ? '' : String(argument))

const truncate = (text: string, length: number | null): string =>
  length === null ? text : text.slice(0, length)

/** A number is a code point; of anything else, the first character. */
function asCharacter(argument: unknown): string {
  if (typeof argument !== 'number') return [...asText(argument).slice(0, 2)][0] ?? ''
  const point = Math.trunc(argument)
  return point >= 0 && point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd'
}
