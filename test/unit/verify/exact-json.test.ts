import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonMembers, normaliseJson } from '../../../src/verify/exact-json.ts';

describe('normaliseJson', () => {
  it('keeps every digit and the order, drops blanks, and escapes in one way', () => {
    const text =
      '{ "b" : 9007199254740993 , "a":[1.500, -0.0,1E+3,true ,null],"s":"\\uD83D\\uDE01\\u001F\\/" }';
    expect(normaliseJson(text)).toBe(
      '{"b":9007199254740993,"a":[1.500,-0.0,1E+3,true,null],"s":"😁\\u001f/"}',
    );
  });

  it('gives JSON.stringify of every value that JSON.stringify wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(normaliseJson(JSON.stringify(JSON.parse(text), null, 2))).toBe(text);
      }),
    );
  });

  it.each(['', '{', '{"a":}', '[1,]', '{"a":1}x', '"a', '{"a" 1}', '\u0001', '"\u0001"', "{'a':1}"])(
    'refuses %j',
    (text) => {
      expect(() => normaliseJson(text)).toThrow(SyntaxError);
    },
  );
});

it('jsonMembers gives the members in order and refuses one that stands twice', () => {
  expect([...jsonMembers('{"z": 1, "a": {"n": 2}}')]).toEqual([
    ['z', '1'],
    ['a', '{"n":2}'],
  ]);
  expect(() => jsonMembers('{"a":1,"a":2}')).toThrow('stands twice');
  expect(() => jsonMembers('[1]')).toThrow(SyntaxError);
});
