import type { ByteSink } from '../model/byte-sink.ts';
import { recordType, recordTypes, type RowsEvent, type SourceTransaction } from '../model/transaction.ts';
import { writeChangedContent, writeExtraAttributes } from './changed-row.ts';
import { BusyTables } from './busy-tables.ts';
import type { ColumnCodec } from './column-codec.ts';
import { writeBigInt, writeInteger } from './digits.ts';
import type { EncodeOptions } from './encode-options.ts';
import { camelCaseName } from './field-name.ts';
import { writeJsonText } from './json-string.ts';
import { writeKeyValue } from './message-key.ts';
import { writePushTimestamp } from './push-timestamp.ts';
import { ABSENT, NULL_VALUE, type RowView } from './row-image.ts';
import type { TablePlan } from './table-plan.ts';
import { sameBytes } from './value-layout.ts';
import type { EnvelopeRow, EventEnvelope, ValueWriter } from './value-writer.ts';

const COMMA = 0x2c;
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const LOWER_N = 0x6e;

/** Bytes of `,"name":` and what follows, for the names of the envelope. */
function memberBytes(options: EncodeOptions): (name: string, after?: string) => Buffer {
  return (name, after = '') => {
    const shown = options.outputNamingStrategy === null ? name : camelCaseName(name);
    return Buffer.from(`,"${shown}":${after}`);
  };
}

/** Writes rows in Maxwell's JSON envelope. Not re-entrant: it keeps where the values of the row at hand were written. */
export class MaxwellJson implements ValueWriter {
  readonly #options: EncodeOptions;
  readonly #members;
  /** Where each column's value was written, to compare with the old one. */
  #valueStart = new Int32Array(64);
  #valueEnd = new Int32Array(64);
  readonly #busyTables: BusyTables;

  /** @param compileAfterRows rows of a table version after which it gets code of its own */
  constructor(options: EncodeOptions, compileAfterRows?: number) {
    const member = memberBytes(options);
    this.#options = options;
    this.#busyTables = new BusyTables(options.outputNulls, compileAfterRows);
    this.#members = {
      database: Buffer.from('{"database":'),
      table: member('table'),
      query: member('query'),
      types: new Map(recordTypes.map((type) => [type, member('type', `"${type}"`)])),
      ts: member('ts'),
      xid: member('xid'),
      xoffset: member('xoffset'),
      commit: member('commit', 'true'),
      position: member('position', '"'),
      gtid: member('gtid'),
      serverId: member('server_id'),
      threadId: member('thread_id'),
      pushTs: member('push_ts'),
      primaryKey: member('primary_key', '['),
      primaryKeyColumns: member('primary_key_columns'),
      messageId: member('message_id', '"'),
      comment: member('comment'),
      data: member('data', '{'),
      old: member('old', '{'),
    };
  }

  isReady(): boolean {
    return true;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** Writes what stands before `xoffset` and is the same for all rows of an event: database to xid. */
  writeHead(out: ByteSink, event: RowsEvent, plan: TablePlan, xid: bigint | null): void {
    const members = this.#members;
    const { outputRowQuery, rowQueryMaxLength, outputCommitInfo } = this.#options;
    out.writeBytes(members.database);
    out.writeBytes(plan.databaseJson);
    out.writeBytes(members.table);
    out.writeBytes(plan.tableJson);
    if (outputRowQuery && event.query !== null) {
      out.writeBytes(members.query);
      writeJsonText(out, rowQueryMaxLength > 0 ? event.query.slice(0, rowQueryMaxLength) : event.query);
    }
    out.writeBytes(members.types.get(recordType(event)) as Buffer);
    out.writeBytes(members.ts);
    writeInteger(out, event.timestampSeconds);
    if (outputCommitInfo && xid !== null) {
      out.writeBytes(members.xid);
      writeBigInt(out, xid);
    }
  }

  /** Writes what stands between `commit` and `push_ts` and is the same for all rows of an event. */
  writeTail(out: ByteSink, event: RowsEvent, transaction: SourceTransaction): void {
    const members = this.#members;
    const options = this.#options;
    const isStreamed = event.snapshot === undefined;
    if (options.outputBinlogPosition && isStreamed) {
      out.writeBytes(members.position);
      out.writeUtf8(`${event.file}:${event.startOffset}`);
      out.writeByte(QUOTE);
    }
    if (options.outputGtidPosition) {
      out.writeBytes(members.gtid);
      out.writeAscii(transaction.gtid === null ? 'null' : `"${transaction.gtid}"`);
    }
    if (options.outputServerId && isStreamed) {
      out.writeBytes(members.serverId);
      writeInteger(out, transaction.serverId);
    }
    if (options.outputThreadId && transaction.threadId !== null) {
      out.writeBytes(members.threadId);
      writeInteger(out, transaction.threadId);
    }
  }

  /** Writes one row as a whole JSON object. `event`: what `writeHead` and `writeTail` wrote for its event. */
  writeRow(out: ByteSink, plan: TablePlan, row: EnvelopeRow, event: EventEnvelope): void {
    this.writeEnvelope(out, plan, row, event);
    this.writeContent(out, plan, row);
    out.writeByte(CLOSE_BRACE);
  }

  /** Writes the object up to `data`, and leaves it open. */
  writeEnvelope(out: ByteSink, plan: TablePlan, row: EnvelopeRow, event: EventEnvelope): void {
    const members = this.#members;
    const options = this.#options;
    out.writeBytes(event.head);
    if (options.outputCommitInfo && event.snapshot === null) {
      if (row.xoffset === null) {
        out.writeBytes(members.commit);
      } else if (options.outputXoffset) {
        out.writeBytes(members.xoffset);
        writeInteger(out, row.xoffset);
      }
    }
    out.writeBytes(event.tail);
    if (options.outputPushTimestamp) {
      out.writeBytes(members.pushTs);
      writePushTimestamp(out);
    }
    if (event.snapshot !== null && event.snapshot.comment !== null) {
      out.writeBytes(members.comment);
      writeJsonText(out, event.snapshot.comment);
    }
    if (row.changes !== null) writeExtraAttributes(out, row.changes);
    if (options.outputPrimaryKeys) this.#writePrimaryKey(out, plan, row);
    if (options.outputPrimaryKeyColumns) {
      out.writeBytes(members.primaryKeyColumns);
      out.writeBytes(plan.primaryKeyColumnsJson);
    }
    if (options.outputMessageId) {
      out.writeBytes(members.messageId);
      out.writeUtf8(event.transactionId);
      out.writeByte(0x23);
      writeInteger(out, row.index);
      out.writeByte(QUOTE);
    }
  }

  /** Writes `data` and `old` into the open object, each behind a comma. */
  writeContent(out: ByteSink, plan: TablePlan, row: RowView): void {
    if (row.changes !== null) {
      const { data, old } = this.#members;
      writeChangedContent(out, plan, row.changes, { data, old, hasNulls: this.#options.outputNulls });
      return;
    }
    this.#writeData(out, plan, row);
    if (row.fallback !== null) this.#writeOld(out, plan, row, row.fallback);
  }

  #writePrimaryKey(out: ByteSink, plan: TablePlan, row: RowView): void {
    const { primaryKey } = plan.table;
    out.writeBytes(this.#members.primaryKey);
    for (let i = 0; i < primaryKey.length; i++) {
      if (i > 0) out.writeByte(COMMA);
      writeKeyValue(out, plan, row, primaryKey[i] as number);
    }
    out.writeByte(CLOSE_BRACKET);
  }

  /** `data`: the columns of the written image, then those that only the before image holds. */
  #writeData(out: ByteSink, plan: TablePlan, row: RowView): void {
    const { primary, fallback } = row;
    const columnCount = plan.codecs.length;
    if (this.#valueStart.length < columnCount) {
      this.#valueStart = new Int32Array(columnCount);
      this.#valueEnd = new Int32Array(columnCount);
    }
    out.writeBytes(this.#members.data);
    const compiled = this.#busyTables.membersOf(plan);
    if (compiled?.(row.rows, primary, out, this.#valueStart, this.#valueEnd) === true)
      return closeObject(out);
    let hasAbsent = false;
    for (let column = 0; column < columnCount; column++) {
      const offset = primary[column] as number;
      if (offset === ABSENT) hasAbsent = true;
      else this.#writeMember(out, plan, row.rows, column, offset);
    }
    if (hasAbsent && fallback !== null) {
      for (let column = 0; column < columnCount; column++) {
        const offset = fallback[column] as number;
        if (primary[column] === ABSENT && offset !== ABSENT)
          this.#writeMember(out, plan, row.rows, column, offset);
      }
    }
    closeObject(out);
  }

  #writeMember(out: ByteSink, plan: TablePlan, rows: Buffer, column: number, offset: number): void {
    if (plan.isVisible[column] === 0) return;
    if (offset === NULL_VALUE) {
      if (this.#options.outputNulls) out.writeBytes(plan.nullMembers[column] as Buffer);
      return;
    }
    const codec = plan.codecs[column] as ColumnCodec;
    const before = out.position;
    out.writeBytes(plan.memberNames[column] as Buffer);
    const start = out.position;
    codec.writeJson(rows, offset, out);
    this.#valueStart[column] = start;
    this.#valueEnd[column] = out.position;
    if (codec.canRenderNull && out.buffer[start] === LOWER_N) {
      this.#valueEnd[column] = start;
      if (!this.#options.outputNulls) {
        out.position = before;
        return;
      }
    }
    out.writeByte(COMMA);
  }

  /** `old`: the former values of the columns in both images that are written differently; nothing where there are none. */
  #writeOld(out: ByteSink, plan: TablePlan, row: RowView, before: Int32Array): void {
    const { rows, primary } = row;
    const start = out.position;
    let hasChanges = false;
    out.writeBytes(this.#members.old);
    for (let column = 0; column < plan.codecs.length; column++) {
      const oldOffset = before[column] as number;
      const newOffset = primary[column] as number;
      if (oldOffset === ABSENT || newOffset === ABSENT || plan.isVisible[column] === 0) continue;
      if (oldOffset === newOffset) continue;
      const codec = plan.codecs[column] as ColumnCodec;
      if (oldOffset >= 0 && newOffset >= 0 && sameBytes(rows, codec.layout, oldOffset, newOffset)) continue;
      if (this.#writeOldMember(out, plan, column, { rows, oldOffset, newOffset })) hasChanges = true;
    }
    if (hasChanges) closeObject(out);
    else out.position = start;
  }

  /** Writes one member of `old`, and takes it back where its JSON is that of the new value; returns whether it differs. */
  #writeOldMember(
    out: ByteSink,
    plan: TablePlan,
    column: number,
    at: { rows: Buffer; oldOffset: number; newOffset: number },
  ): boolean {
    const codec = plan.codecs[column] as ColumnCodec;
    const start = out.position;
    const newStart = this.#valueStart[column] as number;
    const newLength = at.newOffset < 0 ? 0 : (this.#valueEnd[column] as number) - newStart;
    out.writeBytes(plan.memberNames[column] as Buffer);
    const valueStart = out.position;
    if (at.oldOffset >= 0) codec.writeJson(at.rows, at.oldOffset, out);
    const { buffer } = out;
    const isNull = out.position === valueStart || (codec.canRenderNull && buffer[valueStart] === LOWER_N);
    // A new value of length 0 was written as null, or left out.
    const isSame = isNull
      ? newLength === 0
      : newLength === out.position - valueStart &&
        buffer.compare(buffer, newStart, newStart + newLength, valueStart, out.position) === 0;
    if (isSame || (isNull && !this.#options.outputNulls)) {
      out.position = start;
      return !isSame;
    }
    if (isNull) {
      out.position = start;
      out.writeBytes(plan.nullMembers[column] as Buffer);
    } else {
      out.writeByte(COMMA);
    }
    return true;
  }
}

/** Closes an object whose members each end with a comma. */
function closeObject(out: ByteSink): void {
  if (out.buffer[out.position - 1] === OPEN_BRACE) out.writeByte(CLOSE_BRACE);
  else out.buffer[out.position - 1] = CLOSE_BRACE;
}
