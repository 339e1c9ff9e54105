import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { decompress as decompressZstd } from 'fzstd';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';
import { expect, it } from 'vitest';
import { createCompressor, type CompressionType } from '../../../src/kafka/compression.ts';

const readers: [CompressionType, code: number, read: (bytes: Buffer) => Uint8Array][] = [
  ['gzip', 1, gunzipSync],
  ['snappy', 2, (bytes) => uncompressSync(bytes, { asBuffer: true }) as Buffer],
  ['lz4', 3, decompressFrameSync],
  ['zstd', 4, decompressZstd],
];

it.each(readers)(
  '%s gives back what went in, from each compressor of the process',
  async (type, code, read) => {
    for (let made = 0; made < 3; made++) {
      const compressor = await createCompressor(type);
      expect(compressor?.code).toBe(code);
      for (const size of [1, 1000, 300_000]) {
        for (const input of [randomBytes(size), Buffer.alloc(size, 'compressible ')]) {
          const output = Buffer.from((await compressor?.compress(input)) ?? []);
          expect(Buffer.compare(Buffer.from(read(output)), input)).toBe(0);
        }
      }
    }
  },
);

it('none is no compressor', async () => {
  expect(await createCompressor('none')).toBeNull();
});
