import { describe, expect, it } from '@jest/globals'
import { parsePools } from './pool-settings.ts'

const own = { name: 'own', provider: 'local', ceiling: 1 }

describe('parsePools', () => {
  it('fills in what was left out', () => {
    expect(parsePools([own])).toEqual([
      { ...own, group: null, config: {}, zone: null, floor: 0, spares: 0, prepared: 0, priceCeiling: null },
    ])
  })

  it.each([
    ['no pool', [], 'at least one pool'],
    ['no list', {}, 'the list'],
    ['two of one name', [own, own], 'must differ'],
    ['a floor above the ceiling', [{ ...own, floor: 2 }], '0: its floor'],
    ['a name that is none', [{ ...own, name: 'Own Hardware' }], '0.name'],
    ['a setting that there is not', [{ ...own, celling: 2 }], 'celling'],
    ['a group without a name', [{ ...own, group: '' }], '0.group'],
    ['a number that is none', [{ ...own, ceiling: '2' }], '0.ceiling'],
  ])('refuses %s and says where', (_, pools, told) => {
    expect(() => parsePools(pools)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(told) }),
    )
  })
})
