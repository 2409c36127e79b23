import { expect, it } from '@jest/globals'
import { LineCounter } from './line-counter.ts'

it('counts lines from 1, for positions in rising order', () => {
  const lines = new LineCounter('a\nb\n\nc')
  expect([0, 1, 2, 3, 4, 5, 6].map((position) => lines.lineAt(position))).toEqual([1, 1, 2, 2, 3, 4, 4])
})

it('searches a long last line once, however often it is asked', () => {
  const lines = new LineCounter(`\n${'x'.repeat(20_000_000)}`)
  let sum = 0
  for (let position = 1; position <= 200_000; position++) sum += lines.lineAt(position)
  expect(sum).toBe(400_000)
})
