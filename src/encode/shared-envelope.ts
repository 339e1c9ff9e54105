import { ByteSink } from '../model/byte-sink.ts';
import type { SourceTransaction } from '../model/transaction.ts';
import type { EventCursor, RowSlot } from './event-cursor.ts';
import type { EventEnvelope, ValueWriter } from './value-writer.ts';

/** Makes what all rows of the cursor's event share, unless it is made. @param xid the xid that the rows show */
export function writeShared(
  cursor: EventCursor,
  values: ValueWriter,
  transaction: SourceTransaction,
  xid: bigint | null,
): void {
  const { event, plan, shared } = cursor;
  if (event === null || plan === null || cursor.head.length > 0) return;
  cursor.transactionId = transaction.id;
  shared.reset();
  values.writeHead(shared, event, plan, xid);
  const headEnd = shared.position;
  values.writeTail(shared, event, transaction);
  cursor.head = shared.buffer.subarray(0, headEnd);
  cursor.tail = shared.buffer.subarray(headEnd, shared.position);
}

/** The envelope of a row: that of its event, but for a row whose statement text a script has changed. */
export function envelopeOf(
  cursor: EventCursor,
  row: RowSlot,
  values: ValueWriter,
  xid: bigint | null,
): EventEnvelope {
  const { event, plan, tail, transactionId, snapshot } = cursor;
  if (row.changes === null || event === null || plan === null || row.changes.query === event.query)
    return cursor;
  const head = new ByteSink(256);
  values.writeHead(head, { ...event, query: row.changes.query }, plan, xid);
  return { head: head.view(), tail, transactionId, snapshot };
}
