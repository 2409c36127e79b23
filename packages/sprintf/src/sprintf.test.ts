import { describe, expect, it } from '@jest/globals'
import { sprintf } from './index.ts'

describe('zimki.sprintf', () => {
  it.each<[string, unknown[], string]>([
    ['%d items', [3.99], '3 items'],
    ['%05d|%-5d|%+d|% d', [42, 42, 42, 42], '00042|42   |+42| 42'],
    ['%i %d', ['12abc', -7.9], '12 -7'],
    ['%d', [undefined], '0'],
    ['%.3d|%5.3d|%.0d', [7, 7, 0], '007|  007|'],
    ['%-05d|', [42], '42   |'],
    ['%05d', [-42], '-0042'],
    ['%u', [-1], '18446744073709551615'],
    ['%d', [2 ** 53], '9007199254740992'],
    ['%d', [123456789012345678901234567890n], '123456789012345678901234567890'],
    ['%d %d', [Number.NaN, Number.NEGATIVE_INFINITY], 'nan -inf'],
  ])('%s of %j gives %s', (format, args, expected) => {
    expect(sprintf(format, ...args)).toBe(expected)
  })

  it.each<[string, unknown[], string]>([
    ['%x %X %o', [255, 255, 8], 'ff FF 10'],
    ['%#x %#X %#o %#x', [255, 255, 8, 0], '0xff 0XFF 010 0'],
    ['%08x|%#08x', [255, 255], '000000ff|0x0000ff'],
    ['%x', [-1], 'ffffffffffffffff'],
    ['%c%c%c', [65, 'Bcd', 0x1f600], 'AB😀'],
    ['%c', ['😀x'], '😀'],
    ['[%3c]', ['x'], '[  x]'],
    ['%s|%5s|%-5s|%.2s', ['a', 'b', 'c', 'defg'], 'a|    b|c    |de'],
    ['%s %s', [null, true], 'null true'],
    ['%s', [], ''],
    ['100%%', [], '100%'],
    ['%*d|%-*d|%.*f', [5, 42, 5, 42, 2, 3.1259], '   42|42   |3.13'],
    ['%*d|', [-5, 42], '42   |'],
    ['%.*d', [-1, 5], '5'],
    ['%ld %lld %hd', [1, 2, 3], '1 2 3'],
  ])('%s of %j gives %s', (format, args, expected) => {
    expect(sprintf(format, ...args)).toBe(expected)
  })

  it.each<[string, unknown[], string]>([
    ['%f', [3.12345678], '3.123457'],
    ['%.2f|%8.2f|%-8.2f|%08.2f', [2.5, 2.5, 2.5, -2.5], '2.50|    2.50|2.50    |-0002.50'],
    ['%.0f %.0f %#.0f', [2.5, 3.5, 3], '2 4 3.'],
    ['%.2f %.2f %.2f %.1f', [1.005, 0.125, 0.375, 0.25], '1.00 0.12 0.38 0.2'],
    ['%.0e %.0e %.1e %.2g', [2.5, 3.5, 1.25, 0.125], '2e+00 4e+00 1.2e+00 0.12'],
    ['%e|%.2E|%.0e', [12345.678, 0.00012, 5], '1.234568e+04|1.20E-04|5e+00'],
    ['%e', [0], '0.000000e+00'],
    ['%g|%g|%g|%g', [100000, 1000000, 0.0001, 0.00001], '100000|1e+06|0.0001|1e-05'],
    ['%g %G %.3g %#g', [1.5, 1e-10, 1234.5, 1], '1.5 1E-10 1.23e+03 1.00000'],
    ['%g', [0], '0'],
    ['%f %F %5.1f', [Number.NaN, Number.POSITIVE_INFINITY, -0], 'nan INF  -0.0'],
    ['%.1f', [1e22], '10000000000000000000000.0'],
    ['%05f', [Number.POSITIVE_INFINITY], '  inf'],
  ])('%s of %j gives %s', (format, args, expected) => {
    expect(sprintf(format, ...args)).toBe(expected)
  })

  it('leaves what is no conversion as it is written, and takes no argument for it', () => {
    expect(sprintf('%y %d %', 1)).toBe('%y 1 %')
    expect(sprintf('%-')).toBe('%-')
    expect(sprintf(undefined)).toBe('undefined')
  })

  it('holds width and precision to 65,536, however large a number the format or an argument names', () => {
    expect(sprintf('%99999999999999999999d', 1)).toHaveLength(65_536)
    expect(sprintf('%*d', 1e308, 1)).toHaveLength(65_536)
    expect(sprintf('%.99999999f', 1)).toHaveLength(65_538)
    expect(sprintf('%.99999999e', 1)).toHaveLength(65_542)
    expect(sprintf('%.99999999g', 1)).toBe('1')
  })

  it('reads a megabyte of conversions, and a megabyte without an end, in one pass', () => {
    expect(sprintf('%d'.repeat(500_000))).toBe('0'.repeat(500_000))
    expect(sprintf(`%${'0'.repeat(1_000_000)}`)).toHaveLength(1_000_001)
  })

  it('treats names from Object.prototype as text', () => {
    expect(sprintf('%constructor', 'x')).toBe('xonstructor')
    expect(sprintf('%__proto__')).toBe('%__proto__')
  })
})
