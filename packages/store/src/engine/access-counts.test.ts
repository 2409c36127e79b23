import { expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import type { Task } from '../sql/task.ts'
import type { Access } from './access.ts'
import { AccessCounts } from './access-counts.ts'

const clock = new ManualClock(1_000_000)
const access = (at: string): Access => ({
  range: {} as Access['range'],
  terms: [],
  walks: [{ source: 'terms', owner: 1, at }],
})

/** Answers each command with so many entries, and counts the commands. */
function asked(task: Task<number>, entries: number): [hits: number, commands: number] {
  let step = task.next()
  let commands = 0
  for (; !step.done; commands += 1) step = task.next([{ n: entries }])
  return [step.value, commands]
}

it('what was found to have many is not counted again for a while, for as many or fewer', () => {
  const counts = new AccessCounts(clock)
  expect(asked(counts.count(access('x'), 5_000), 5_000)).toEqual([5_000, 1])
  expect(asked(counts.count(access('x'), 5_000), 0)).toEqual([5_000, 0])
  expect(asked(counts.count(access('x'), 2_000), 0)).toEqual([2_000, 0])
  expect(asked(counts.count(access('x'), 6_000), 5_500)).toEqual([5_500, 1])
  expect(asked(counts.count(access('y'), 5_000), 7)).toEqual([7, 1])
  clock.advance(10_000)
  expect(asked(counts.count(access('x'), 5_000), 3)).toEqual([3, 1])
})

it('few, and none, are counted each time', () => {
  const counts = new AccessCounts(clock)
  for (const entries of [4_999, 0])
    expect(asked(counts.count(access('x'), 5_000), entries)).toEqual([entries, 1])
  expect(asked(counts.count(access('x'), 999), 999)).toEqual([999, 1])
  expect(asked(counts.count(access('x'), 999), 0)).toEqual([0, 1])
})

it('remembers a bounded number', () => {
  const counts = new AccessCounts(clock)
  for (let n = 0; n <= 1_000; n++) asked(counts.count(access(`v${n}`), 1_000), 1_000)
  expect(asked(counts.count(access('v0'), 1_000), 1)).toEqual([1, 1])
  expect(asked(counts.count(access('v1000'), 1_000), 1)).toEqual([1_000, 0])
  const long = access('x'.repeat(1_000))
  asked(counts.count(long, 1_000), 1_000)
  expect(asked(counts.count(long, 1_000), 1)).toEqual([1, 1])
})
