import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export type CompressionType = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Attribute bits 0 to 2 of a record batch. */
const codes: Record<CompressionType, number> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

export interface Compressor {
  readonly code: number;
  compress(input: Buffer): Promise<Uint8Array>;
}

const gzipAsync = promisify(gzip);

let zstd: Promise<typeof import('@bokuweb/zstd-wasm')> | null = null;

/** Once a process: a second init() leaves the memory of the first in use, and what is compressed then is zeros. */
async function loadZstd(): Promise<typeof import('@bokuweb/zstd-wasm')> {
  const module = await import('@bokuweb/zstd-wasm');
  await module.init();
  return module;
}

/** Loads the codec; `none` gives null. */
export async function createCompressor(type: CompressionType): Promise<Compressor | null> {
  const code = codes[type];
  switch (type) {
    case 'none':
      return null;
    case 'gzip':
      return { code, compress: (input) => gzipAsync(input) };
    case 'snappy': {
      // Not the native `snappy`, for all that it takes less CPU: 7.4.3 keeps hundreds of megabytes of what it has given out.
      const { default: snappy } = await import('snappyjs');
      return { code, compress: (input) => Promise.resolve(snappy.compress(input)) };
    }
    case 'lz4': {
      // Block-independent frames: what Kafka's Java reader needs.
      const lz4 = await import('lz4-napi');
      // At once: to hand half a mebibyte to another thread costs more than to compress it.
      return { code, compress: (input) => Promise.resolve(lz4.compressFrameSync(input)) };
    }
    case 'zstd': {
      const { compress } = await (zstd ??= loadZstd());
      return { code, compress: (input) => Promise.resolve(compress(input, 3)) };
    }
  }
}
