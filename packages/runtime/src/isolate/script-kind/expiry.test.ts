import { describe, expect, it } from '@jest/globals'
import { expiryMs } from './expiry.ts'

const NOW = '2024-02-28T12:00:00.000Z'
const at = (expires: unknown, now = NOW): string | null => {
  const ms = expiryMs(expires, Date.parse(now))
  return ms === null ? null : new Date(ms).toISOString()
}

/** ZIMKI-API section 3: `expires`. */
describe('expiryMs', () => {
  it.each([
    ['+10s', '2024-02-28T12:00:10.000Z'],
    ['+10m', '2024-02-28T12:10:00.000Z'],
    ['+36h', '2024-03-01T00:00:00.000Z'],
    ['+2d', '2024-03-01T12:00:00.000Z'],
    ['+2M', '2024-04-28T12:00:00.000Z'],
    ['+11M', '2025-01-28T12:00:00.000Z'],
    ['+3y', '2027-02-28T12:00:00.000Z'],
    ['+ 1 d', '2024-02-29T12:00:00.000Z'],
    ['+0s', NOW],
  ])('%s from now', (expires, date) => {
    expect(at(expires)).toBe(date)
  })

  it.each([
    ['a Date', new Date(5), '1970-01-01T00:00:00.005Z'],
    ['milliseconds', 5, '1970-01-01T00:00:00.005Z'],
    ['an ISO 8601 text', '2030-01-02T03:04:05.006Z', '2030-01-02T03:04:05.006Z'],
    ['a Date as text', 'Wed, 02 Jan 2030 03:04:05 GMT', '2030-01-02T03:04:05.000Z'],
  ])('%s is taken as it is', (_, expires, date) => {
    expect(at(expires)).toBe(date)
  })

  it.each([[undefined], [null], ['']])('%p is never', (expires) => {
    expect(at(expires)).toBeNull()
  })

  it.each([
    'soon',
    '+10',
    '+m',
    '10m',
    '+1w',
    '+1S',
    '+1.5h',
    '+-1d',
    '+1234567s',
    '+1d ago',
    'in 5',
    new Date(Number.NaN),
    {},
    Number.NaN,
  ])('refuses %p and says what there is', (expires) => {
    expect(() => expiryMs(expires, 0)).toThrow(/\+10m.*s, m, h, d, M, y/)
  })
})
