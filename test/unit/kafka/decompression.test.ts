import { compressSync } from 'snappy';
import { expect, it } from 'vitest';
import { createCompressor } from '../../../src/kafka/compression.ts';
import { decompress } from '../../../src/kafka/decompression.ts';

const text = Buffer.from('a record like the one before '.repeat(5000));

it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s comes back as it was', async (type) => {
  const compressor = await createCompressor(type);
  if (!compressor) throw new Error(type);
  const small = Buffer.from(await compressor.compress(text));
  expect(small.length).toBeLessThan(text.length / 5);
  expect((await decompress(compressor.code, small)).equals(text)).toBe(true);
});

it("Java's Snappy, in blocks", async () => {
  const blocks = [text.subarray(0, 60_000), text.subarray(60_000)].flatMap((part) => {
    const block = compressSync(part);
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    return [length, block];
  });
  const header = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex');
  expect((await decompress(2, Buffer.concat([header, ...blocks]))).equals(text)).toBe(true);
});

it('what is unknown is refused', () =>
  expect(decompress(7, text)).rejects.toMatchObject({ code: 'KAFKA_UNSUPPORTED' }));
