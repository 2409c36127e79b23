import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { Budget } from '../../../providers/aws-ec2/src/testing/account/budget.ts'
import { askDoor, openDoor } from './budget-door.ts'

const HOUR_MS = 3_600_000
const budget = new Budget({ limitUsd: 2.5, usdPerHour: 1, asideUsd: 0, endsAtMs: HOUR_MS, nowMs: () => 0 })
let door: Awaited<ReturnType<typeof openDoor>>

beforeAll(async () => {
  door = await openDoor(budget)
})
afterAll(() => door.close())

const wrong = () => {
  throw new Error('the run is there')
}

it('lets a platform in another process launch within the budget, and tells it why no more', async () => {
  const asked = askDoor(door, wrong)
  await asked.reserve('a', 1)
  await asked.made('a', ['i-1'])
  await asked.reserve('b', 1)
  await expect(asked.reserve('c', 1)).rejects.toMatchObject({
    code: 'QUOTA_EXCEEDED',
    message: expect.stringMatching(/budget is used up/),
  })
  await asked.notMade('b')
  await asked.reserve('c', 1)
  budget.ended(new Set(['i-1']))
  expect(budget.committedUsd).toBeCloseTo(1.1, 1)
})

it('opens to nobody else, and for nothing else', async () => {
  const stranger = askDoor({ ...door, token: 'guessed' }, wrong)
  await expect(stranger.notMade('c')).rejects.toThrow(/not the token/)
  const headers = { authorization: `Bearer ${door.token}` }
  for (const body of ['', '{}', '{"ask":"close"}', '{"ask":"reserve","key":"d","count":-9}'])
    expect((await fetch(door.url, { method: 'POST', body, headers })).status).toBe(403)
  expect(budget.committedUsd).toBeCloseTo(1.1, 1)
})

it('ends a platform whose run is gone, before it launches anything', async () => {
  const gone = await openDoor(budget)
  gone.close()
  const ends: string[] = []
  const asked = askDoor(gone, () => void ends.push('now'))
  await expect(asked.reserve('d', 1)).rejects.toThrow(/the run is over/)
  expect(ends).toEqual(['now'])
})
