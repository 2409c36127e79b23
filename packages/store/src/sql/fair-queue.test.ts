import { expect, it } from '@jest/globals'
import { FairQueue } from './fair-queue.ts'

it('lets lanes take turns, and keeps the order within each', () => {
  const queue = new FairQueue<string>()
  for (const item of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'c2']) queue.push(item[0]!, item)
  expect([queue.length, queue.waiting('a'), queue.waiting('x')]).toEqual([7, 4, 0])
  const taken = [queue.shift(), queue.shift()]
  queue.push('d', 'd1')
  while (queue.length > 0) taken.push(queue.shift())
  expect(taken).toEqual(['a1', 'b1', 'c1', 'a2', 'd1', 'c2', 'a3', 'a4'])
  expect(queue.shift()).toBeUndefined()
})
