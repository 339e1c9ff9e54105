import type { RowOperation } from '../model/transaction.ts';
import { ByteReader } from './byte-reader.ts';
import { eventType } from './event-type.ts';
import { inflateMariadb } from './mariadb-compression.ts';

interface RowsLayout {
  readonly operation: RowOperation;
  /** Version 2 has a length and extra data behind the flags. */
  readonly hasExtraData: boolean;
  readonly isCompressed: boolean;
  /** After images may hold diffs of JSON values. */
  readonly isPartialJson: boolean;
}

const layout = (
  operation: RowOperation,
  hasExtraData: boolean,
  isCompressed: boolean,
  isPartialJson = false,
): RowsLayout => ({
  operation,
  hasExtraData,
  isCompressed,
  isPartialJson,
});

const LAYOUTS: ReadonlyMap<number, RowsLayout> = new Map([
  [eventType.WRITE_ROWS_V1, layout('insert', false, false)],
  [eventType.UPDATE_ROWS_V1, layout('update', false, false)],
  [eventType.DELETE_ROWS_V1, layout('delete', false, false)],
  [eventType.WRITE_ROWS_V2, layout('insert', true, false)],
  [eventType.UPDATE_ROWS_V2, layout('update', true, false)],
  [eventType.DELETE_ROWS_V2, layout('delete', true, false)],
  [eventType.PARTIAL_UPDATE_ROWS, layout('update', true, false, true)],
  [eventType.MARIADB_WRITE_ROWS_COMPRESSED_V1, layout('insert', false, true)],
  [eventType.MARIADB_UPDATE_ROWS_COMPRESSED_V1, layout('update', false, true)],
  [eventType.MARIADB_DELETE_ROWS_COMPRESSED_V1, layout('delete', false, true)],
  [eventType.MARIADB_WRITE_ROWS_COMPRESSED, layout('insert', true, true)],
  [eventType.MARIADB_UPDATE_ROWS_COMPRESSED, layout('update', true, true)],
  [eventType.MARIADB_DELETE_ROWS_COMPRESSED, layout('delete', true, true)],
]);

/** The layout of a rows event, undefined for other types. */
export const rowsLayout = (type: number): RowsLayout | undefined => LAYOUTS.get(type);

/** A rows event taken apart; the buffers are views on the packet (except inflated rows). */
export interface ParsedRows {
  readonly tableId: number;
  readonly columnCount: number;
  readonly columnsBefore: Buffer;
  readonly columnsAfter: Buffer;
  readonly rows: Buffer;
}

const NO_COLUMNS = Buffer.alloc(0);

/** The body of a rows event without its checksum (`Rows_event` in mysql-server `rows_event.h`). */
export function readRows(body: Buffer, { operation, hasExtraData, isCompressed }: RowsLayout): ParsedRows {
  const reader = new ByteReader(body);
  const tableId = reader.uint(6);
  reader.skip(2);
  if (hasExtraData) reader.skip(reader.uint16() - 2);
  const columnCount = reader.lengthEncoded();
  const bitmapBytes = (columnCount + 7) >> 3;
  const first = reader.bytes(bitmapBytes);
  const second = operation === 'update' ? reader.bytes(bitmapBytes) : NO_COLUMNS;
  const rest = reader.rest();
  return {
    tableId,
    columnCount,
    columnsBefore: operation === 'insert' ? NO_COLUMNS : first,
    columnsAfter: operation === 'insert' ? first : second,
    rows: isCompressed && rest.length > 0 ? inflateMariadb(rest) : rest,
  };
}
