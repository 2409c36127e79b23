import { describe, expect, it } from '@jest/globals'
import { afterPrefix, indexKey, KEY_CHARS, keyPrefix } from './index-key.ts'
import { compareText, numberOf, textOf } from './scalar.ts'

const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  '\u0000',
  'é',
  '\ud7ff',
  '\ue000',
  '\uff5e',
  '\u{10000}',
  '\u{1f600}',
  '\u{10ffff}',
  'a\u{1f600}',
  'a\uff5e',
]

describe('compareText', () => {
  it('is the order of UTF-8 bytes', () => {
    for (const a of TEXTS) {
      for (const b of TEXTS)
        expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }
  })
})

describe('index keys', () => {
  const long = (end: string): string => `${'x'.repeat(KEY_CHARS)}${end}`

  it('are equal for equal texts only, and bounded', () => {
    const texts = [
      ...TEXTS,
      long(''),
      long('a'),
      long('b'),
      long('a'.repeat(10_000)),
      `${'x'.repeat(KEY_CHARS - 1)}\u{1f600}z`,
    ]
    const keys = texts.map(indexKey)
    expect(new Set(keys).size).toBe(texts.length)
    for (const key of keys) expect(key.length).toBeLessThanOrEqual(KEY_CHARS + 1 + 1 + 43)
  })

  it('begin as their text begins, without half a pair', () => {
    const split = `${'x'.repeat(KEY_CHARS - 1)}\u{1f600}z`
    for (const text of [long('tail'), split]) {
      expect(indexKey(text).startsWith(keyPrefix(text))).toBe(true)
      expect(keyPrefix(text).isWellFormed()).toBe(true)
    }
  })

  it('afterPrefix is above all that begins so, and below the rest', () => {
    for (const prefix of TEXTS.filter((text) => text !== '' && text !== '\u{10ffff}')) {
      const after = afterPrefix(prefix)!
      expect(compareText(`${prefix}\u{10ffff}\u{10ffff}`, after)).toBeLessThan(0)
      expect(after.isWellFormed()).toBe(true)
      for (const other of TEXTS.filter((text) => !text.startsWith(prefix))) {
        expect(compareText(other, prefix) < 0 || compareText(other, after) >= 0).toBe(true)
      }
    }
    expect(afterPrefix('')).toBeNull()
    expect(afterPrefix('\u{10ffff}')).toBeNull()
    expect(afterPrefix('a\u{10ffff}')).toBe('b')
  })
})

describe('scalars', () => {
  it.each([
    [3, '3'],
    ['3', '3'],
    [-0, '0'],
    [true, 'true'],
    [{ $date: '2026-01-01T00:00:00.000Z' }, '2026-01-01T00:00:00.000Z'],
    ['\ud800', '\ufffd'],
    [null, null],
    [[], null],
    [{ a: 1 }, null],
    [undefined, null],
  ])('textOf(%j) is %j', (value, text) => expect(textOf(value)).toBe(text))

  it.each([
    ['3', 3],
    [' 3.50 ', 3.5],
    ['-1e3', -1000],
    ['.5', 0.5],
    ['5.', 5],
    [-0, 0],
    ['-0', 0],
    ['0x10', null],
    ['Infinity', null],
    ['1e999', null],
    ['', null],
    ['3 apples', null],
    ['1_000', null],
    ['9'.repeat(101), null],
    [true, null],
    [null, null],
  ])('numberOf(%j) is %j', (value, number) => expect(Object.is(numberOf(value), number)).toBe(true))
})
