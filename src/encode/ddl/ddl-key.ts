import { createHash } from 'node:crypto';

const VARIANT = 0x80;
const VERSION = 0x40;

/** The key of a DDL record: the text of a UUID that looks random, as Maxwell's is, and is the same at every replay. */
export function ddlKey(messageId: string): string {
  const bytes = createHash('sha256').update(messageId).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | VERSION, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | VARIANT, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
