import { describe, expect, it } from '@jest/globals'
import { ManualClock } from '@openzimki/core'
import { Quarantine } from './quarantine.ts'

const MINUTE_MS = 60_000
const ref = (deployment: string) => ({ realm: 'r', deployment })

function quarantine() {
  const clock = new ManualClock()
  return { clock, register: new Quarantine(() => clock.monotonicMs()) }
}

describe('Quarantine', () => {
  it('knows nothing of those who never did anything', () => {
    expect(quarantine().register.group(ref('a'))).toBe('')
  })

  it('gives one that was struck a cell of its own, and refuses it at the third time within ten minutes', () => {
    const { clock, register } = quarantine()
    expect(register.strike('r/a', 'it hung')).toBe(false)
    expect(register.group(ref('a'))).toBe('!r/a')
    clock.advance(4 * MINUTE_MS)
    expect(register.strike('r/a', 'it hung')).toBe(false)
    clock.advance(4 * MINUTE_MS)
    expect(register.strike('r/a', 'it hung again')).toBe(true)
    expect(() => register.group(ref('a'))).toThrow('it hung again')
    expect(register.group(ref('b'))).toBe('')
  })

  it('forgets strikes after ten minutes, but not a refusal', () => {
    const { clock, register } = quarantine()
    for (let time = 0; time < 5; time += 1) {
      expect(register.strike('r/a', 'it hung')).toBe(false)
      clock.advance(6 * MINUTE_MS)
    }
    register.strike('r/a', 'x')
    expect(register.strike('r/a', 'x')).toBe(true)
    clock.advance(60 * MINUTE_MS)
    expect(() => register.group(ref('a'))).toThrow('refused')
  })

  it('parts a few suspects singly, without a strike', () => {
    const { register } = quarantine()
    register.suspect(['r/a', 'r/b'])
    expect([register.group(ref('a')), register.group(ref('b'))]).toEqual(['!r/a', '!r/b'])
    register.strike('r/a', 'x')
    expect(register.strike('r/a', 'x')).toBe(false)
  })

  it('finds the one among a thousand in few cells', () => {
    const { register } = quarantine()
    let suspects = Array.from({ length: 1_000 }, (_, index) => `${index}`)
    let rounds = 0
    while (register.group(ref('777')) !== '!r/777') {
      register.suspect(suspects.map((deployment) => `r/${deployment}`))
      const groups = new Set(suspects.map((deployment) => register.group(ref(deployment))))
      expect(groups.size).toBeLessThanOrEqual(8)
      const guilty = register.group(ref('777'))
      suspects = suspects.filter((deployment) => register.group(ref(deployment)) === guilty)
      rounds += 1
    }
    expect(rounds).toBe(4)
  })
})
