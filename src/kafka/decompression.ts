import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { HeavisideError } from '../errors.ts';

const gunzipAsync = promisify(gunzip);

/** Java's producers put Snappy blocks behind a header of their own (org.xerial.snappy): magic, two versions, then length and block in turn. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

async function unsnap(bytes: Buffer): Promise<Buffer> {
  const { default: snappy } = await import('snappyjs');
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return snappy.uncompress(bytes);
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readInt32BE(at);
    blocks.push(snappy.uncompress(bytes.subarray(at + 4, end)));
    at = end;
  }
  return Buffer.concat(blocks);
}

/** The records of a batch as they were before compression. @param code attribute bits 0 to 2 of the batch */
export async function decompress(code: number, bytes: Buffer): Promise<Buffer> {
  switch (code) {
    case 0:
      return bytes;
    case 1:
      return gunzipAsync(bytes);
    case 2:
      return unsnap(bytes);
    case 3:
      return Buffer.from((await import('lz4-napi')).decompressFrameSync(bytes));
    case 4:
      return Buffer.from((await import('fzstd')).decompress(bytes));
    default:
      throw new HeavisideError('KAFKA_UNSUPPORTED', `a record batch has the unknown compression ${code}`);
  }
}
