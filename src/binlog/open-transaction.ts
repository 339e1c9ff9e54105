import { crc32 } from 'node:zlib';
import type { BinlogCoordinates } from '../model/position.ts';
import type { RowsEvent, SchemaChange, SourceTransaction, XaStep } from '../model/transaction.ts';
import type { EventHeader } from './event-header.ts';
import type { GtidEvent } from './gtid-event.ts';
import type { RowStore } from './row-store.ts';
import type { Savepoints } from './savepoints.ts';

/** The transaction that is being read. */
export interface OpenTransaction {
  readonly id: string;
  readonly gtidEvent: GtidEvent | null;
  readonly serverId: number;
  readonly start: BinlogCoordinates;
  readonly keepsRows: boolean;
  isBegun: boolean;
  /** Null until one is set. */
  savepoints: Savepoints | null;
  threadId: number | null;
  store: RowStore | null;
  schemaChange: SchemaChange | null;
  rowsChecksum: number;
  rowsBytes: number;
}

/** How a transaction ends. */
export interface TransactionEnd {
  readonly header: EventHeader;
  readonly end: BinlogCoordinates;
  readonly xid: bigint | null;
  readonly xa: XaStep | null;
}

/** What a waiting transaction costs beside its rows, about, and the garbage that it leaves. */
const TRANSACTION_OVERHEAD_BYTES = 3000;

const noGroups = async function* (): AsyncGenerator<readonly RowsEvent[]> {};

/** Neither length nor headers take part: a replica that logs the transaction again writes others. */
function fingerprintOf({ gtidEvent, rowsBytes, rowsChecksum }: OpenTransaction, xa: XaStep | null): string {
  const committedUs = gtidEvent?.originalCommitUs ?? 0;
  if (committedUs > 0) return `committed:${committedUs}`;
  // The rows of an XA transaction stand elsewhere, and are not read again to know its end.
  if (xa !== null && xa.step !== 'prepare') return `xa:${xa.step}:${crc32(xa.xid).toString(16)}`;
  return `rows:${rowsBytes}:${(rowsChecksum >>> 0).toString(16)}`;
}

/** The transaction as it is given out; its store is the receiver's then. */
export function closeTransaction(
  open: OpenTransaction,
  usesGtid: boolean,
  { header, end, xid, xa }: TransactionEnd,
): SourceTransaction {
  const { store, gtidEvent } = open;
  const committedUs = gtidEvent?.originalCommitUs ?? 0;
  return {
    id: open.id,
    gtid: usesGtid ? open.id : null,
    xid,
    serverId: open.serverId,
    threadId: open.threadId,
    commitTimestampUs: committedUs > 0 ? committedUs : header.timestampSeconds * 1_000_000,
    fingerprint: fingerprintOf(open, xa),
    start: open.start,
    end,
    hasRows: store?.hasEvents === true,
    schemaChange: open.schemaChange,
    ...(xa === null ? {} : { xa }),
    memoryBytes:
      TRANSACTION_OVERHEAD_BYTES + (store?.memoryBytes ?? 0) + (open.schemaChange?.sql.length ?? 0) * 2,
    rowsEvents: () => store?.groups() ?? noGroups(),
    dispose: () => store?.dispose(),
  };
}
