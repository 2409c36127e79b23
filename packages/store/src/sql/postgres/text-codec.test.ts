import { describe, expect, it } from '@jest/globals'
import { compareText } from '../../terms/scalar.ts'
import { decodeText, encodeBinding, encodeText } from './text-codec.ts'

const PARTS = ['', '\0', '\u0001', '\u0002', 'a', '\uffff', '\u{1f600}']
const TEXTS = PARTS.flatMap((a) => PARTS.map((b) => a + b))

describe('text of PostgreSQL', () => {
  it('holds no NUL, and every text comes back as it was', () => {
    for (const text of TEXTS) {
      expect(encodeText(text)).not.toContain('\0')
      expect(decodeText(encodeText(text))).toBe(text)
    }
  })

  it('keeps the order of code points, and beginnings', () => {
    for (const a of TEXTS) {
      for (const b of TEXTS) {
        expect(Math.sign(compareText(encodeText(a), encodeText(b)))).toBe(Math.sign(compareText(a, b)))
        expect(encodeText(a).startsWith(encodeText(b))).toBe(a.startsWith(b))
      }
    }
  })

  it('is made of texts alone, in lists too', () => {
    expect(encodeBinding(['a\0', 1, null])).toEqual(['a\u0001\u0001', 1, null])
    expect(encodeBinding(3)).toBe(3)
  })
})
