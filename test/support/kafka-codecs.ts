import { createRequire } from 'node:module';
import { decompress as decompressZstd } from 'fzstd';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';

type Decompress = (data: Buffer) => Uint8Array;
const { Codecs } = createRequire(import.meta.url)('kafkajs/src/protocol/message/compression') as {
  Codecs: Record<number, () => { decompress: (data: Buffer) => Promise<Buffer> }>;
};
const decompressors: readonly (readonly [code: number, Decompress])[] = [
  [2, (data) => uncompressSync(data, { asBuffer: true }) as Buffer],
  [3, (data) => decompressFrameSync(data)],
  [4, (data) => decompressZstd(data)],
];

/** Has this process's kafkajs consumers read snappy, lz4 and zstd: by itself it knows gzip alone, and stands still at others. */
export function teachCodecs(): void {
  for (const [code, decompress] of decompressors)
    Codecs[code] = () => ({ decompress: (data) => Promise.resolve(Buffer.from(decompress(data))) });
}
