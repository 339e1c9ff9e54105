import type { Query } from '../binlog/mysql-client.ts';
import { binlogStatusStatement, type SourceIdentity } from '../binlog/source-identity.ts';
import { parseGtidSet } from '../model/parse-gtid-set.ts';
import type { Watermark } from './stream-place.ts';

/** What is in the binlog by now: everything that a SELECT before could see. Rejects with a HeavisideError of the query. */
export async function readWatermark(
  query: Query,
  identity: SourceIdentity,
  usesGtid: boolean,
): Promise<Watermark> {
  const [status] = await query(binlogStatusStatement(identity));
  const file = status?.['File'] ?? null;
  const coordinates = file === null ? null : { file, offset: Number(status?.['Position'] ?? 0) };
  if (!usesGtid) return { gtids: null, coordinates };
  if (identity.flavor === 'mysql')
    return { gtids: parseGtidSet('mysql', status?.['Executed_Gtid_Set'] ?? ''), coordinates };
  const [row] = await query('SELECT @@GLOBAL.gtid_binlog_pos AS gtids');
  return { gtids: parseGtidSet('mariadb', row?.['gtids'] ?? ''), coordinates };
}
