import { ByteReader } from './byte-reader.ts';

/** The body of XA_PREPARE (38): one phase, format id, two lengths, gtrid and bqual (`XA_prepare_event` in mysql-server; the same in MariaDB). */
export interface XaPrepareEvent {
  /** XA COMMIT … ONE PHASE: MySQL logs it as the end of its transaction. */
  readonly isOnePhase: boolean;
  /** As the server writes it into statements: X'gtrid',X'bqual',formatID. */
  readonly xid: string;
}

const PART = "X'([0-9a-f]*)'";
const STATEMENT = new RegExp(
  `^\\s*XA\\s+(?:COMMIT|ROLLBACK)\\s+${PART}(?:\\s*,\\s*${PART}(?:\\s*,\\s*(\\d+))?)?`,
  'i',
);

const textOf = (gtrid: string, bqual: string, formatId: string | number): string =>
  `X'${gtrid.toLowerCase()}',X'${bqual.toLowerCase()}',${formatId}`;

export function readXaPrepare(body: Buffer): XaPrepareEvent {
  const reader = new ByteReader(body);
  const isOnePhase = reader.uint8() !== 0;
  const formatId = reader.uint32();
  const gtridLength = reader.uint32();
  const bqualLength = reader.uint32();
  const gtrid = reader.bytes(gtridLength).toString('hex');
  return { isOnePhase, xid: textOf(gtrid, reader.bytes(bqualLength).toString('hex'), formatId) };
}

/** The XID of XA COMMIT or XA ROLLBACK as the servers log them, in hexadecimal; null where it is written otherwise. */
export function xidOfStatement(sql: string): string | null {
  const [, gtrid, bqual = '', formatId = '1'] = STATEMENT.exec(sql) ?? [];
  return gtrid === undefined ? null : textOf(gtrid, bqual, formatId);
}
