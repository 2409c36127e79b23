import { describe, expect, it } from '@jest/globals'
import { canonicalJson, decodeValue, encodeValue, isAlias, isClassName, PlatformError } from './index.ts'

describe('encodeValue', () => {
  it('brings every storable value back as it was', () => {
    const value = {
      a: [1, 'x', null, true],
      when: new Date(0),
      $money: { $$: 2 },
      nested: { date: new Date(5) },
    }
    expect(decodeValue(JSON.parse(JSON.stringify(encodeValue(value))))).toEqual(value)
  })

  it('keeps a key called __proto__ as data and leaves the prototype alone', () => {
    const decoded = decodeValue(JSON.parse('{"__proto__":{"polluted":1}}')) as Record<string, unknown>
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
    expect(Object.hasOwn(decoded, '__proto__')).toBe(true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it.each([
    [{ fn: () => 1 }, 'fn'],
    [{ deep: { list: [1, Symbol('s')] } }, 'deep.list[1]'],
    [{ n: Number.NaN }, 'n'],
    [{ m: new Map() }, 'm'],
  ])('names the property that cannot be stored', (value, property) => {
    expect(() => encodeValue(value)).toThrow(property)
  })
})

describe('names', () => {
  it('refuses aliases that shadow the platform and classes that shadow the language', () => {
    expect(['wiki', 'a', 'x-1'].every(isAlias)).toBe(true)
    expect(['api', '-a', 'A', 'a.b', '', '2f1acc6c-1111-4111-8111-2f1acc6c1111'].some(isAlias)).toBe(false)
    expect(['Page', '_x'].every(isClassName)).toBe(true)
    expect(['constructor', '__proto__', '1a', 'a-b', 'zimki', ''].some(isClassName)).toBe(false)
  })
})

it('canonicalJson does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [1, { d: 1, c: undefined }], a: 'x' })).toBe('{"a":"x","b":[1,{"d":1}]}')
})

it('PlatformError survives a border, and a forged code does not', () => {
  const there = PlatformError.fromJSON(JSON.parse(JSON.stringify(new PlatformError('FENCED', 'old epoch'))))
  expect([there.code, there.message, there.httpStatus]).toEqual(['FENCED', 'old epoch', 409])
  expect(PlatformError.fromJSON({ code: 'constructor', message: 'x' }).code).toBe('INTERNAL')
})
