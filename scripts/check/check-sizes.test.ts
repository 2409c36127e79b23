import { describe, expect, it } from '@jest/globals'
import { checkSizes, percentile, printFigures } from './check-sizes.ts'
import { parseSources } from './parsed-source.ts'

const lines = (count: number) => 'const x = 1\n'.repeat(count)
const longFunction = (count: number) => `function long() {\n${'  step()\n'.repeat(count - 2)}}\n`

const check = (files: Record<string, string>) => checkSizes(parseSources(new Map(Object.entries(files))))
const found = (files: Record<string, string>) =>
  check(files).findings.map(({ where, what }) => `${where} ${what}`)

/** Enough small files that one long one moves neither median nor p95. */
const small = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [
    `packages/a/src/f${index}.ts`,
    `${longFunction(5)}${longFunction(5)}`,
  ]),
)

describe('checkSizes', () => {
  it('takes what is within the budgets, to the line', () => {
    expect(
      found({ ...small, 'packages/a/src/x.ts': lines(500), 'packages/a/src/y.ts': longFunction(80) }),
    ).toEqual([])
  })

  it('finds a file and a function that are too long', () => {
    expect(
      found({ ...small, 'packages/a/src/x.ts': lines(501), 'packages/a/src/y.ts': `\n${longFunction(81)}` }),
    ).toEqual([
      'packages/a/src/y.ts:2 function long has 81 lines; 80 is the most',
      'packages/a/src/x.ts the file has 501 lines; 500 is the most',
    ])
  })

  it('finds figures of the whole that are too high', () => {
    const many = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [
        `packages/a/src/f${index}.ts`,
        lines(220) + longFunction(41),
      ]),
    )
    expect(found(many).map((text) => text.replace(/^.*\) /, ''))).toEqual([
      'file median is 261 lines; 80 is the most',
      'file p95 is 261 lines; 250 is the most',
      'function p95 is 41 lines; 40 is the most',
    ])
  })

  it('leaves tests, kits and benchmarks alone', () => {
    expect(
      found({
        'packages/a/src/x.test.ts': lines(900),
        'packages/a/src/conformance/x.ts': lines(900),
        'packages/a/src/store-conformance.ts': lines(900),
        'packages/a/bench/x.ts': longFunction(200),
      }),
    ).toEqual([])
    expect(found({ ...small, 'bench/x.ts': longFunction(200) })).toHaveLength(1)
  })

  it('holds every contract to 150 lines and to half comment', () => {
    const commented = '/** a */\nconst x = 1\n'
    expect(
      found({
        ...small,
        'packages/store/src/contract.ts': `${commented.repeat(75)}// b\n`,
        'packages/link/src/contract.ts': `${commented.repeat(60)}${lines(1)}`,
      }),
    ).toEqual([
      'packages/store/src/contract.ts the contract has 151 lines; 150 is the most',
      'packages/link/src/contract.ts 49 % of the contract is comment; half is the least',
    ])
    expect(found({ ...small, 'packages/provider/src/contract.ts': commented.repeat(75) })).toEqual([])
  })

  it('prints its figures', () => {
    const { figures } = check({ 'packages/a/src/x.ts': longFunction(10) })
    expect(printFigures(figures)).toContain(
      '1 files median 10 (<= 80), p95 10 (<= 250), most 10 (<= 500); 1 functions p95 10',
    )
  })
})

it('percentile takes the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect([0, 0.5, 0.95, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 95, 100])
  expect(percentile([], 0.5)).toBe(0)
})
