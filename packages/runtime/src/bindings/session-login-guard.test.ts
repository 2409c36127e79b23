import { beforeEach, describe, expect, it } from '@jest/globals'
import { ManualClock, PlatformError } from '@openzimki/core'
import { type LoginTry, SessionLoginGuard } from './session-login-guard.ts'

const ANN: LoginTry = { username: 'ann', remote: '192.0.2.1', knownBrowser: null }
const MINUTE_MS = 60_000

let clock: ManualClock
let notes: string[]
let guard: SessionLoginGuard

beforeEach(() => {
  clock = new ManualClock(1_000_000)
  notes = []
  guard = new SessionLoginGuard(clock, (text) => notes.push(text))
})

/** 'wrong' and 'right' are what a try that was admitted came to; else in how many milliseconds it may be repeated. */
function attempt(who: Partial<LoginTry>, isRight = false) {
  try {
    const admitted = guard.admit({ ...ANN, ...who })
    admitted[isRight ? 'right' : 'wrong']()
    return isRight ? 'right' : 'wrong'
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'UNAUTHENTICATED') return error.details.retryAfterMs
    throw error
  }
}

function times(count: number, who: Parameters<typeof attempt>[0] = {}): unknown[] {
  return Array.from({ length: count }, () => attempt(who))
}

const WRONG_10 = Array.from({ length: 10 }, () => 'wrong')

describe('a name that is guessed at from one address', () => {
  it('is refused after 10 wrong passwords within a minute, and let in again by a right one after the pause', () => {
    expect(times(10)).toEqual(WRONG_10)
    expect(attempt({}, true)).toBe(15_000)
    clock.advance(14_999)
    expect(attempt({}, true)).toBe(1)
    clock.advance(1)
    expect(attempt({}, true)).toBe('right')
    expect(times(10)).toEqual(WRONG_10)
  })

  it('is refused longer after each further wrong one, up to five minutes', () => {
    times(10)
    const pauses: unknown[] = []
    for (let index = 0; index < 7; index++) {
      const leftMs = Number(attempt({}))
      pauses.push(leftMs / 1_000)
      clock.advance(leftMs)
      expect(attempt({})).toBe('wrong')
    }
    expect(pauses).toEqual([15, 30, 60, 120, 240, 300, 300])
  })

  it('is not refused any longer for tries within the pause', () => {
    times(10)
    times(10_000)
    clock.advance(15_000)
    expect(attempt({}, true)).toBe('right')
  })

  it('is not refused for wrong ones that are further apart, or have a right one between them', () => {
    for (let round = 0; round < 5; round++) {
      expect(times(9)).toEqual(WRONG_10.slice(1))
      clock.advance(MINUTE_MS + 1)
    }
    for (let round = 0; round < 5; round++) {
      expect([...times(9), attempt({}, true)]).toEqual([...WRONG_10.slice(1), 'right'])
      clock.advance(10_000)
    }
  })

  it('is forgotten after a while', () => {
    times(10)
    clock.advance(30 * MINUTE_MS)
    expect(times(10)).toEqual(WRONG_10)
  })

  it('has a line in the log for each pause, not for each try, and no more of the name than a line holds', () => {
    times(1_000)
    expect(notes).toEqual([
      'logins as "ann" from "192.0.2.1" are refused for 15 s: wrong passwords in a row: 10',
    ])
    times(10, { username: `\n${'x'.repeat(100_000)}`, remote: 'nowhere' })
    expect(notes[1]).toMatch(/^logins as "\\nx{63}" from "nowhere" are refused/)
  })

  it.each([
    ['2001:db8::1', '2001:db8::ffff:2', 'the same network'],
    ['::ffff:192.0.2.1', '192.0.2.1', 'the same address, written otherwise'],
  ])('%s counts as %s: %s', (first, second) => {
    times(10, { remote: first })
    expect(attempt({ remote: second })).toBe(15_000)
    expect(attempt({ remote: '2001:db8:1::1' })).toBe('wrong')
  })
})

describe('the owner of a name that others guess at', () => {
  it('gets in from another address while the pause lasts', () => {
    times(1_000)
    expect(attempt({ remote: '198.51.100.7' }, true)).toBe('right')
  })

  it('gets in at the same address by a browser in which he has logged in before', () => {
    times(1_000)
    expect(attempt({ knownBrowser: 'his' }, true)).toBe('right')
    expect(attempt({ knownBrowser: null }, true)).toBe(15_000)
  })

  it('gets in from a new address when thousands of addresses guess day and night, while each of them has one try', () => {
    let guesses = 0
    for (let second = 0; second < 1_500; second++) {
      const remote = `10.0.${second % 250}.1`
      guesses += times(20, { remote }).filter((result) => result === 'wrong').length
      clock.advance(1_000)
    }
    // 25 addresses have their ten until it shows; of 250, each has one when it comes and one after each of five pauses.
    expect(guesses).toBeLessThanOrEqual(25 * 10 + 250 * 6)
    expect(attempt({ remote: '10.9.9.9' })).toBe('wrong')
    expect(attempt({ remote: '10.9.9.9' })).toBe(15_000)
    expect(attempt({ remote: '198.51.100.7' }, true)).toBe('right')
    expect(attempt({ knownBrowser: 'his' }, true)).toBe('right')
  })

  it('in a known browser may be wrong 10 times too, and then waits like anybody', () => {
    expect(times(10, { knownBrowser: 'his' })).toEqual(WRONG_10)
    expect(attempt({ knownBrowser: 'his' }, true)).toBe(15_000)
    expect(attempt({ knownBrowser: 'his other' }, true)).toBe('right')
  })
})

describe('the work of hashing', () => {
  it('of 100,000 names from one address at once is 50 hashes, and others still get in', () => {
    const names = Array.from({ length: 100_000 }, (_, index) => attempt({ username: `name ${index}` }))
    expect(names.filter((result) => result === 'wrong')).toHaveLength(50)
    expect(guard.size).toBeLessThan(200)
    expect(attempt({ username: 'bob', remote: '198.51.100.7' }, true)).toBe('right')
    expect(notes).toHaveLength(1)
  })

  it('of 100,000 names from as many addresses is 80 hashes, and known browsers still get in', () => {
    const results = Array.from({ length: 100_000 }, (_, index) =>
      attempt({
        username: `name ${index}`,
        remote: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      }),
    )
    expect(results.filter((result) => result === 'wrong')).toHaveLength(80)
    expect(attempt({ knownBrowser: 'his' }, true)).toBe('right')
    clock.advance(1_000)
    expect(attempt({}, true)).toBe('right')
  })

  it('is 10 a second for good, right passwords included', () => {
    let hashes = 0
    for (let tick = 0; tick < 6_000; tick++) {
      if (attempt({ username: `name ${tick}`, remote: `10.0.0.${tick % 250}` }, tick % 2 === 0) !== 1_000)
        hashes++
      clock.advance(10)
    }
    expect(hashes).toBeLessThanOrEqual(100 + 600)
    expect(hashes).toBeGreaterThan(600)
  })

  it('of 100,000 names, as fast as they are let in, fills tables that are bounded, and no flood washes a pause away', () => {
    let most = 0
    for (let index = 0; index < 100_000; index++) {
      if (index === 97_500) times(10)
      attempt({ username: `name ${index}`, remote: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}` })
      clock.advance(100)
      most = Math.max(most, guard.size)
    }
    expect(most).toBeGreaterThan(10_000)
    expect(most).toBeLessThanOrEqual(16_384 + 8_192 + 4_096)
    // 2,500 names later its first pause is over, and the next wrong one still brings the second, longer one.
    expect([attempt({}), attempt({})]).toEqual(['wrong', 30_000])
  })
})
