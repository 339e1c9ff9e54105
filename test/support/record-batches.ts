import type { RecordBatchWriter } from '../../src/kafka/record-batch-writer.ts';
import { varintSize, writeVarint } from '../../src/kafka/varint.ts';

/** A record as a test gives it; null for no key and for a tombstone. */
export interface TestRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** A header section as it stands in a record: count, then each name and value behind its length. */
export function headerSection(headers: TestRecord['headers']): Buffer {
  const parts = headers.flatMap(([name, value]) => [Buffer.from(name), value]);
  const bytes = Buffer.alloc(
    10 + parts.reduce((sum, part) => sum + varintSize(part.length) + part.length, 0),
  );
  let at = writeVarint(bytes, 0, headers.length);
  for (const part of parts) {
    at = writeVarint(bytes, at, part.length);
    at += part.copy(bytes, at);
  }
  return bytes.subarray(0, at);
}

/** Writes a record by the calls that the encoder makes. */
export function appendTo(writer: RecordBatchWriter, { key, value, headers }: TestRecord): void {
  const sink = writer.beginRecord();
  if (key) sink.writeBytes(key);
  writer.endKey();
  if (value) sink.writeBytes(value);
  writer.endRecord(headerSection(headers));
}
