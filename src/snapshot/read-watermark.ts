import type { Query } from '../binlog/mysql-client.ts';
import { readBinlogStatus, type SourceIdentity } from '../binlog/source-identity.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { Watermark } from './stream-place.ts';

/** What is in the binlog by now: everything that a SELECT before could see. Rejects with a HeavisideError of the query. */
export async function readWatermark(
  query: Query,
  identity: SourceIdentity,
  usesGtid: boolean,
): Promise<Watermark> {
  const { coordinates, executedGtids } = await readBinlogStatus(query, identity);
  if (!usesGtid) return { gtids: null, coordinates };
  if (identity.flavor === 'mysql') return { gtids: parseGtidSet('mysql', executedGtids), coordinates };
  // Not the set at those coordinates, which the server would look for in the file once a chunk: later is as good here.
  const [row] = await query('SELECT @@GLOBAL.gtid_binlog_pos AS gtids');
  return { gtids: parseGtidSet('mariadb', row?.['gtids'] ?? ''), coordinates };
}
