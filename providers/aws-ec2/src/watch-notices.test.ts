import { describe, expect, it } from '@jest/globals'

// @ts-expect-error plain JavaScript, which runs on machines as it is
const { askMetadata, noticeOf } = await import('../machine/watch-notices.js')

const NOTHING = { action: null, maintenance: null, rebalance: null }
const TIME = '2026-11-28T03:00:00Z'

describe('notices of AWS', () => {
  it.each([
    ['nothing', NOTHING, null],
    ['an interruption', { ...NOTHING, action: { action: 'terminate', time: TIME } }, 'ends'],
    ['an interruption without a time', { ...NOTHING, action: { action: 'stop' } }, 'ends'],
    [
      'a retirement',
      { ...NOTHING, maintenance: [{ State: 'active', Code: 'instance-retirement', NotBefore: TIME }] },
      'ends',
    ],
    ['a maintenance that is over', { ...NOTHING, maintenance: [{ State: 'completed' }] }, null],
    ['a rebalance', { ...NOTHING, rebalance: { noticeTime: TIME } }, 'endangered'],
    ['both', { ...NOTHING, rebalance: {}, action: { action: 'terminate', time: TIME } }, 'ends'],
  ])('of %s', (_, heard, kind) => {
    expect(noticeOf(heard)?.kind ?? null).toBe(kind)
  })

  it('have the time at which it ends', () => {
    expect(noticeOf({ ...NOTHING, action: { action: 'terminate', time: TIME } }).atMs).toBe(Date.parse(TIME))
  })

  it('are nothing where the service knows nothing, and an error where it does not answer', async () => {
    const answers = (status: number) => async () => new Response('{}', { status })
    expect(await askMetadata('http://x', 't', answers(404))).toEqual(NOTHING)
    await expect(askMetadata('http://x', 't', answers(401))).rejects.toThrow('401')
  })
})
