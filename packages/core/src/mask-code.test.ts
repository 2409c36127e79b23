import { describe, expect, it } from '@jest/globals'
import { maskCode } from './mask-code.ts'

describe('maskCode', () => {
  it.each([
    ['line comments', 'a // b\nc', 'a     \nc'],
    ['block comments', 'a /* b */ c', 'a         c'],
    ['strings, but for their quotes', `f("a'b", 'c"d')`, `f("   ", '   ')`],
    ['escapes in strings', '"a\\"b" + c', '"    " + c'],
    ['templates with holes', '`a${f("x`y")}b` + c', '                + c'],
    ['regular expressions', 'x = /["`]/g; y', 'x =       g; y'],
    ['regular expressions after a word', 'return /"/.test(x)', 'return    .test(x)'],
    ['no division', 'a / b / c', 'a / b / c'],
    ['no division after a bracket', '(a) / "x".length / 2', '(a) / " ".length / 2'],
    ['a string that is never closed', '"abc\nd', '    \nd'],
  ])('blanks %s', (_, source, masked) => {
    expect(maskCode(source)).toBe(masked)
  })

  it('keeps every position', () => {
    const source = 'var s = "a" /* b */ + `c${d}` // e\nf(/g/)'
    expect(maskCode(source)).toHaveLength(source.length)
  })

  it('takes time in proportion to the source, whatever is in it', () => {
    expect(maskCode(`${'(/['.repeat(500_000)}\n`)).toHaveLength(1_500_001)
    for (const part of ['`${', '/*', '"', '/', "'\\", '((', '`']) {
      expect(maskCode(part.repeat(500_000))).toHaveLength(part.length * 500_000)
    }
  })
})
