import type { Query } from '../../src/binlog/mysql-client.ts';
import type { BinlogCoordinates } from '../../src/model/position.ts';

/** What the server says of one transaction with rows. */
interface ListedTransaction {
  gtid: string;
  xid: string | null;
}

/** What the server itself says about the binlog behind a position: the source of `<xid>`, `<gtid>` and `<position>`. */
export interface BinlogListing {
  readonly transactions: readonly ListedTransaction[];
  /** `file:offset` of each rows event. */
  readonly positions: readonly string[];
}

const gtidForm = /GTID_NEXT= '([^']+)'|GTID (\d+-\d+-\d+)/;
const rowsForm = /^(Write|Update|Delete)_rows/;

/** Reads `SHOW BINLOG EVENTS` from a position on. */
export async function listBinlog(query: Query, from: BinlogCoordinates): Promise<BinlogListing> {
  const events = await query(`SHOW BINLOG EVENTS IN '${from.file}' FROM ${from.offset}`);
  const transactions: ListedTransaction[] = [];
  const positions: string[] = [];
  let gtid = '';
  let isOpen = false;
  for (const { Event_type: type, Info: info, Pos: offset, Log_name: file } of events) {
    if (type === 'Gtid' || type === 'Anonymous_Gtid') {
      const [, mysql, mariadb] = gtidForm.exec(info ?? '') ?? [];
      gtid = mysql ?? mariadb ?? '';
      isOpen = false;
    } else if (rowsForm.test(type ?? '')) {
      positions.push(`${file}:${offset}`);
      if (!isOpen) transactions.push({ gtid, xid: null });
      isOpen = true;
    } else if (type === 'Xid') {
      const last = transactions.at(-1);
      if (isOpen && last !== undefined) last.xid = /xid=(\d+)/.exec(info ?? '')?.[1] ?? null;
      isOpen = false;
    }
  }
  return { transactions, positions };
}
