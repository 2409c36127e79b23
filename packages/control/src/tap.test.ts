import { describe, expect, it } from '@jest/globals'
import { formatTap } from './tap.ts'

type Test = Parameters<typeof formatTap>[0][number]

const test = (change: Partial<Test> = {}): Test => ({
  ...{ name: 'a.js', ok: true, planned: null, points: [], error: null },
  ...change,
})
const lines = (...tests: Test[]): string[] => formatTap(tests).trimEnd().split('\n')

describe('formatTap', () => {
  it('writes TAP 14: a plan, and a subtest with its own plan for each file', () => {
    const points = [
      { ok: true, name: '', message: null },
      { ok: false, name: 'sum', message: 'got 2, expected 3' },
    ]
    expect(formatTap([test({ ok: false, points }), test({ name: 'b.js' })])).toBe(`TAP version 14
1..2
# Subtest: a.js
    ok 1
    not ok 2 - sum
      ---
      message: "got 2, expected 3"
      ...
    1..2
not ok 1 - a.js
# Subtest: b.js
    1..0
ok 2 - b.js
`)
  })

  it('plans what the test has planned, which its points may not reach', () => {
    const report = lines(
      test({ ok: false, planned: 3, points: [{ ok: true, name: 'one', message: null }], error: 'oops' }),
    )
    expect(report.slice(3)).toEqual([
      '    ok 1 - one',
      '    1..3',
      'not ok 1 - a.js',
      '  ---',
      '  message: "oops"',
      '  ...',
    ])
  })

  it('of nothing is a plan of nothing', () => {
    expect(lines()).toEqual(['TAP version 14', '1..0'])
  })

  it.each([
    ['lines', 'a\nok 2 - forged\r\nb', 'a ok 2 - forged b'],
    ['directives', 'a # TODO later', 'a \\# TODO later'],
    ['escapes', 'a\\b', 'a\\\\b'],
    ['an escape before a directive', '\\# SKIP', '\\\\\\# SKIP'],
  ])('names start no %s of their own', (_, name, written) => {
    expect(lines(test({ name, points: [{ ok: true, name, message: null }] }))).toEqual([
      'TAP version 14',
      '1..1',
      `# Subtest: ${written}`,
      `    ok 1 - ${written}`,
      '    1..1',
      `ok 1 - ${written}`,
    ])
  })

  it('cuts a long name where no escape is cut in two', () => {
    const [, , , point] = lines(test({ points: [{ ok: true, name: `x${'#'.repeat(600)}`, message: null }] }))
    expect(point).toMatch(/^ {4}ok 1 - x(?:\\#)+$/)
    expect(point!.length).toBeLessThan(1_050)
  })

  it('a message ends no block and starts no line', () => {
    const message = 'a\n...\nok 9 - forged'
    const report = lines(test({ ok: false, error: message }))
    expect(report.slice(-3)).toEqual(['  ---', '  message: "a\\n...\\nok 9 - forged"', '  ...'])
  })
})
