import { expect, it } from '@jest/globals'
import type { Clock } from '@openzimki/core'
import { SlowLane } from './slow-lane.ts'
import { run, type Task } from './task.ts'

/** Each command takes a millisecond. */
function lane(sliceMs: number): { lane: SlowLane; log: string[] } {
  let nowMs = 0
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const log: string[] = []
  const execute = ({ sql }: { sql: string }): [] => {
    nowMs += 1
    log.push(sql)
    return []
  }
  return { lane: new SlowLane(execute, clock, sliceMs), log }
}

function* commands(name: string, count: number): Task<string> {
  for (let n = 0; n < count; n++) yield* run(name)
  return name
}

it('runs a short task at once and rotates long ones, a slice each', async () => {
  const { lane: slow, log } = lane(2)
  const tasks = [
    slow.run(commands('a', 6), 'a'),
    slow.run(commands('b', 6), 'b'),
    slow.run(commands('c', 1), 'c'),
  ]
  expect(log.join('')).toBe('aabbc')
  expect(await Promise.all(tasks)).toEqual(['a', 'b', 'c'])
  expect(log.join('')).toBe('aabbcaabbaabb')
})

it('lets a new short task go before what waits', async () => {
  const { lane: slow, log } = lane(1)
  const long = slow.run(commands('a', 4), 'a')
  await slow.run(commands('b', 1), 'b')
  expect(log.join('')).toMatch(/^ab/)
  await long
})

it('makes many long tasks of one lane no longer for another than one is', async () => {
  const { lane: slow, log } = lane(1)
  const many = Array.from({ length: 20 }, () => slow.run(commands('a', 10), 'a'))
  const other = slow.run(commands('b', 3), 'b')
  await other
  expect(log.join('')).toMatch(/^ab(a+b){2}$/)
  expect(log.length).toBeLessThan(10)
  await Promise.all(many)
})

it('rejects with what a task throws, early or late', async () => {
  const { lane: slow } = lane(1)
  function* failing(after: number): Task<void> {
    yield* commands('a', after)
    throw new Error(`after ${after}`)
  }
  await expect(slow.run(failing(0), 'a')).rejects.toThrow('after 0')
  await expect(slow.run(failing(3), 'a')).rejects.toThrow('after 3')
})
