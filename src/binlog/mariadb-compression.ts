import { inflateSync } from 'node:zlib';
import { HeavisideError } from '../errors.ts';

/**
 * Inflates the compressed part of a MariaDB event (log_bin_compress): a byte of flags (0x80, algorithm in bits 4 to 6,
 * count of length bytes in bits 0 to 2), the big-endian length, a zlib stream (`sql/log_event.cc`, binlog_buf_uncompress).
 */
export function inflateMariadb(compressed: Buffer): Buffer {
  const head = compressed[0] ?? 0;
  const lengthBytes = head & 0x07;
  if ((head & 0xf0) !== 0x80 || lengthBytes < 1 || lengthBytes > 4 || compressed.length < 1 + lengthBytes) {
    throw new HeavisideError(
      'BINLOG_EVENT_UNSUPPORTED',
      'a compressed MariaDB event names an unknown compression',
    );
  }
  const length = compressed.readUIntBE(1, lengthBytes);
  const inflated = inflateSync(compressed.subarray(1 + lengthBytes), {
    maxOutputLength: Math.max(length, 1),
  });
  if (inflated.length !== length) {
    throw new HeavisideError(
      'BINLOG_EVENT_UNSUPPORTED',
      'a compressed MariaDB event inflates to another length than it says',
    );
  }
  return inflated;
}
