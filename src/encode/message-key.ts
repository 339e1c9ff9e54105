import { randomUUID } from 'node:crypto';
import type { ByteSink } from '../model/byte-sink.ts';
import { changedJson } from './changed-row.ts';
import type { ColumnCodec } from './column-codec.ts';
import { type RowView, valueOffset } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';

const uuidMember = Buffer.from(',"_uuid":"');
const nullBytes = Buffer.from('null');
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const QUOTE = 0x22;

/** Writes a primary key value as JSON: null for NULL and where the row does not hold it. */
export function writeKeyValue(out: ByteSink, plan: TablePlan, row: RowView, column: number): void {
  if (row.changes !== null) {
    out.writeUtf8(changedJson(row.changes, plan.names[column] ?? ''));
    return;
  }
  const offset = valueOffset(row, column);
  if (offset < 0) out.writeBytes(nullBytes);
  else (plan.codecs[column] as ColumnCodec).writeJson(row.rows, offset, out);
}

/** kafka_key_format=hash: `{"database":"d","table":"t","pk.id":1}`; without a primary key a random `_uuid`. */
function writeHashKey(out: ByteSink, plan: TablePlan, row: RowView): void {
  const { primaryKey } = plan.table;
  out.writeBytes(plan.keyStart);
  if (primaryKey.length === 0) {
    out.writeBytes(uuidMember);
    out.writeAscii(randomUUID());
    out.writeByte(QUOTE);
  }
  for (let i = 0; i < primaryKey.length; i++) {
    out.writeByte(COMMA);
    out.writeBytes(plan.keyNames[i] as Buffer);
    writeKeyValue(out, plan, row, primaryKey[i] as number);
  }
  out.writeByte(CLOSE_BRACE);
}

/** kafka_key_format=array: `["d","t",[{"id":1},{"part2":"x"}]]`. */
function writeArrayKey(out: ByteSink, plan: TablePlan, row: RowView): void {
  const { primaryKey } = plan.table;
  out.writeBytes(plan.keyStart);
  for (let i = 0; i < primaryKey.length; i++) {
    if (i > 0) out.writeByte(COMMA);
    out.writeByte(OPEN_BRACE);
    out.writeBytes(plan.keyNames[i] as Buffer);
    writeKeyValue(out, plan, row, primaryKey[i] as number);
    out.writeByte(CLOSE_BRACE);
  }
  out.writeByte(CLOSE_BRACKET);
  out.writeByte(CLOSE_BRACKET);
}

/** Writes the record key of a row. `plan` was made for the same format. */
export function writeMessageKey(
  out: ByteSink,
  format: 'hash' | 'array',
  plan: TablePlan,
  row: RowView,
): void {
  if (format === 'hash') writeHashKey(out, plan, row);
  else writeArrayKey(out, plan, row);
}
