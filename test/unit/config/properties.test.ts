import { describe, expect, it } from 'vitest';

import { parseProperties } from '../../../src/config/properties.ts';

const pairs = (text: string) => parseProperties(text).map(({ key, value }) => [key, value]);

describe('the grammar of java.util.Properties', () => {
  it.each([
    ['key=value', 'key', 'value'],
    ['key:value', 'key', 'value'],
    ['key value', 'key', 'value'],
    ['key \t = \t value', 'key', 'value'],
    ['key = = value', 'key', '= value'],
    ['  \t\f key=value', 'key', 'value'],
    ['key', 'key', ''],
    ['key=', 'key', ''],
    ['=value', '', 'value'],
    ['key=value \t', 'key', 'value \t'],
    ['key\\ with\\=both=a', 'key with=both', 'a'],
    ['key=a\\tb\\nc\\\\d\\qe', 'key', 'a\tb\nc\\dqe'],
    ['key=\\u0041\\u4e2d', 'key', 'A中'],
    ['key=\\\\u0041', 'key', '\\u0041'],
    ['key=a # b ! c', 'key', 'a # b ! c'],
    ['key=a\\\n   b\\\r\n\tc', 'key', 'abc'],
    ['key=a\\', 'key', 'a'],
    ['\uFEFFkey=a', 'key', 'a'],
  ])('%j', (text, key, value) => {
    expect(pairs(text)).toEqual([[key, value]]);
  });

  it('leaves out comments and blank lines, and does not continue a comment', () => {
    expect(pairs('# a\\\nb=1\n! c=2\n\n   \n  # d=3\ne=4')).toEqual([
      ['b', '1'],
      ['e', '4'],
    ]);
  });

  it('does not continue a line behind an escaped backslash', () => {
    expect(pairs('a=b\\\\\nc=d')).toEqual([
      ['a', 'b\\'],
      ['c', 'd'],
    ]);
  });

  it('ends lines at CR, LF and CRLF, and counts them', () => {
    expect(parseProperties('a=1\rb=2\r\nc=x\\\ny\nd=4').map(({ key, line }) => [key, line])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 5],
    ]);
  });

  it('refuses a malformed \\u with its line', () => {
    expect(() => parseProperties('a=1\nb=\\u12')).toThrow(/line 2: .*four hexadecimal digits/u);
  });
});
