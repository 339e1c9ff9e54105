import { describe, expect, it } from 'vitest';
import { applyJsonDiffs } from '../../../src/encode/json-diff.ts';
import { JsonDocument } from '../../../src/encode/json-document.ts';
import { parseJsonPath } from '../../../src/encode/json-path.ts';
import { parseJsonTree, writeJsonTree } from '../../../src/encode/json-tree.ts';
import { ByteSink } from '../../../src/model/byte-sink.ts';
import { binaryJson } from '../../support/binary-json.ts';

type Diff = readonly [operation: number, path: string, value?: Parameters<typeof binaryJson>[0]];

function diffs(...list: readonly Diff[]): Buffer {
  const counted = (bytes: Buffer): Buffer =>
    bytes.length < 251
      ? Buffer.concat([Buffer.from([bytes.length]), bytes])
      : Buffer.concat([Buffer.from([0xfc, bytes.length & 0xff, bytes.length >> 8]), bytes]);
  const parts = list.map(([operation, path, value]) =>
    Buffer.concat([
      Buffer.from([operation]),
      counted(Buffer.from(path)),
      value === undefined ? Buffer.alloc(0) : counted(binaryJson(value)),
    ]),
  );
  return Buffer.concat(parts);
}

function textOf(document: Buffer, changes: Buffer = Buffer.alloc(0)): string {
  const binary = new ByteSink();
  writeJsonTree(applyJsonDiffs(parseJsonTree(document), changes), binary);
  const text = new ByteSink();
  new JsonDocument('j').write(binary.buffer, 0, binary.position, text);
  return text.view().toString('utf8');
}

describe('a tree of binary JSON', () => {
  it.each([[null], [true], [-1], [70_000], [3_000_000_000], [1.5], ['text'], [[]], [{}]])(
    'keeps %j',
    (value) => {
      expect(JSON.parse(textOf(binaryJson(value)))).toEqual(value);
    },
  );

  it('keeps what is nested, small and large', () => {
    const value = { a: [1, 'x', { b: null }], cc: { d: [[70_000, 1.5]], e: 'y'.repeat(300) } };
    for (const isLarge of [false, true])
      expect(JSON.parse(textOf(binaryJson(value, { isLarge })))).toEqual(value);
    expect(textOf(Buffer.alloc(0))).toBe('null');
  });

  it('refuses what is damaged', () => {
    const whole = binaryJson({ a: [1, 'text'] });
    for (let length = 1; length < whole.length; length++)
      expect(() => parseJsonTree(whole.subarray(0, length))).toThrow(RangeError);
    expect(() => parseJsonTree(Buffer.from([13, 0, 0]))).toThrow('damaged');
  });
});

describe('diffs of a JSON document', () => {
  const former = binaryJson({ b: { z: 1 }, aa: [1, 2, 3] });

  it.each<[string, Diff[]]>([
    ['{"b":{"z":9},"aa":[1,2,3]}', [[0, '$.b.z', 9]]],
    ['{"b":{"z":1},"aa":[1,2,"x"]}', [[0, '$.aa[last]', 'x']]],
    ['{"b":{"z":1},"aa":[0,1,2,3]}', [[1, '$.aa[0]', 0]]],
    ['{"b":{"z":1},"aa":[1,2,3,4]}', [[1, '$.aa[3]', 4]]],
    ['{"a":true,"b":{"z":1},"aa":[1,2,3]}', [[1, '$.a', true]]],
    ['{"b":{"z":1},"aa":[1,2,3],"\\u00E9\\"":5}', [[1, '$."é\\""', 5]]],
    ['{"b":{"z":1},"aa":[1,3]}', [[2, '$.aa[last-1]']]],
    [
      '{"b":{}}',
      [
        [2, '$.aa'],
        [2, '$.b.z'],
      ],
    ],
    ['{"b":7,"aa":[1,2,3]}', [[0, '$.b[0]', 7]]],
    ['{"b":{"z":1},"aa":[1,2,"' + 'x'.repeat(300) + '"]}', [[0, '$.aa[2]', 'x'.repeat(300)]]],
  ])('make %s', (expected, list) => {
    const plain = (text: string): unknown => Object.entries(JSON.parse(text) as object);
    expect(plain(textOf(former, diffs(...list)))).toEqual(plain(expected));
  });

  it('are refused where they do not fit', () => {
    const bad: Diff[] = [
      [0, '$.c', 1],
      [0, '$.aa[3]', 1],
      [1, '$.b', 1],
      [1, '$.aa.x', 1],
      [2, '$.aa[9]'],
      [2, '$.b.y'],
      [0, '$', 1],
      [9, '$.b', 1],
    ];
    for (const diff of bad) expect(() => textOf(former, diffs(diff)), String(diff[1])).toThrow(RangeError);
    const cut = diffs([0, '$.b.z', 'text']);
    for (let length = 1; length < cut.length; length++)
      expect(() => textOf(former, cut.subarray(0, length))).toThrow(RangeError);
  });

  it.each(['', 'a', '$.', '$[x]', '$.*', '$**.a', '$[1 to 2]', '$."a'])('do not take the path %j', (path) => {
    expect(() => parseJsonPath(path)).toThrow(RangeError);
  });
});
