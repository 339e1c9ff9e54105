import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { advanceSequence } from '../../../src/kafka/record-batch.ts';
import { varintSize, writeVarint } from '../../../src/kafka/varint.ts';

const Encoder = createRequire(import.meta.url)('kafkajs/src/protocol/encoder') as new () => {
  writeVarInt(value: number): { buffer: Buffer };
};

it('a varint is what kafkajs writes, at the place that is given', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1, max: 2 ** 30 - 1 }), fc.nat(5), (value, offset) => {
      const buffer = Buffer.alloc(16);
      const end = writeVarint(buffer, offset, value);
      const { buffer: expected } = new Encoder().writeVarInt(value);
      expect(buffer.subarray(offset, end).toString('hex')).toBe(expected.toString('hex'));
      if (value >= 0) expect(varintSize(value)).toBe(end - offset);
    }),
    {
      examples: [
        [0, 0],
        [-1, 0],
        [63, 0],
        [64, 0],
        [8191, 0],
        [8192, 0],
        [2 ** 30 - 1, 0],
      ],
    },
  );
});

it('sequences wrap to 0 behind 2^31 - 1, as the brokers count', () => {
  const max = 2 ** 31 - 1;
  expect(advanceSequence(0, 5)).toBe(5);
  expect(advanceSequence(max - 5, 5)).toBe(max);
  // DefaultRecordBatch.incrementSequence(max - 2, 5) = 5 - (max - (max - 2)) - 1
  expect(advanceSequence(max - 2, 5)).toBe(2);
  expect(advanceSequence(max, 1)).toBe(0);
});
