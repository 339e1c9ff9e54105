import { charsetDecoder } from './charset-decoder.ts';
import { charsetOfCollation } from './collation-charset.ts';

/** Text of an ENUM or SET label from the bytes of its column's character set; one of no known set is read as UTF-8. */
export function decodeLabel(bytes: Buffer, collation: number): string {
  const charset = charsetOfCollation(collation);
  const decoder = charset === null ? null : charsetDecoder(charset);
  return decoder?.read(bytes, 0, bytes.length) ?? bytes.toString('utf8');
}
