import type { SourceFlavor } from '../model/position.ts';

/** The place of a row in the history of its source, from the header message_id. */
export interface MessagePlace {
  /** The part before `#`: a GTID, or where the transaction starts in the binlog. */
  readonly transactionId: string;
  /** What `sequence` counts in: MySQL's UUID (with tag), MariaDB's domain, or the binlog files of one server. */
  readonly origin: string;
  readonly sequence: number;
  readonly rowIndex: number;
}

/** A binlog file's number takes the upper bits: offsets stay below 4 GiB. */
const FILE_BYTES = 2 ** 32;

/** `binlog.000007` and an offset as one number that grows along the files. */
export const binlogSequence = (file: string, offset: number): number =>
  Number(/(\d+)$/.exec(file)?.[1] ?? 0) * FILE_BYTES + offset;

/** Null where the text is no message_id of this kind of source. */
export function parseMessageId(text: string, flavor: SourceFlavor, usesGtid: boolean): MessagePlace | null {
  const hashAt = text.lastIndexOf('#');
  if (hashAt < 0) return null;
  const transactionId = text.slice(0, hashAt);
  const rowIndex = Number(text.slice(hashAt + 1));
  const separator = usesGtid && flavor === 'mariadb' ? '-' : ':';
  const cut = transactionId.lastIndexOf(separator);
  if (cut < 0) return null;
  const head = transactionId.slice(0, cut);
  const number = Number(transactionId.slice(cut + 1));
  if (!Number.isFinite(number) || !Number.isFinite(rowIndex)) return null;
  if (!usesGtid) return { transactionId, origin: 'binlog', sequence: binlogSequence(head, number), rowIndex };
  const origin = flavor === 'mariadb' ? head.slice(0, head.indexOf('-')) : head;
  return { transactionId, origin, sequence: number, rowIndex };
}
