import { describe, expect, it } from 'vitest';
import { javaDouble, javaFloat } from '../../../src/encode/codecs/floating-point.ts';
import { plainDouble } from '../../../src/encode/plain-double.ts';

describe('numbers as Java prints them', () => {
  it.each([
    [0.1, '0.1'],
    [1e-3, '0.001'],
    [9.999e-4, '9.999E-4'],
    [9999999, '9999999.0'],
    [1e7, '1.0E7'],
    [1.2345e25, '1.2345E25'],
    [-123456.789, '-123456.789'],
    [Number.MIN_VALUE, '4.9E-324'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [2e-323, '2.0E-323'],
    [2 ** 53, '9.007199254740992E15'],
    [0, '0.0'],
  ])('double %d is %s', (value, text) => expect(javaDouble(value)).toBe(text));

  it.each([
    [1.1, '1.1'],
    [3.4028235e38, '3.4028235E38'],
    [1.4e-45, '1.4E-45'],
    [16777216, '1.6777216E7'],
    [0.3, '0.3'],
    [1 / 3, '0.33333334'],
    [123456.79, '123456.79'],
    [2 ** -126, '1.1754944E-38'],
    [-0, '-0.0'],
    // Halfway between two decimals of the fewest digits Java takes the even one (halves were rounded up here).
    [-4028401.25, '-4028401.2'],
    [2 ** -12, '2.4414062E-4'],
    [4028401.75, '4028401.8'],
  ])('float %d is %s', (value, text) => expect(javaFloat(Math.fround(value))).toBe(text));

  it.each([
    [1e10, '10000000000'],
    [1e-5, '0.00001000000000000000081803053914031309545862313825637102127075195312'],
    [2 ** -20, '0.00000095367431640625'],
    [-1e22, '-10000000000000000000000'],
  ])('%d in plain digits is %s', (value, text) => expect(plainDouble(value).startsWith(text)).toBe(true));
});
