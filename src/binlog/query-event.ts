import { ByteReader } from './byte-reader.ts';
import { inflateMariadb } from './mariadb-compression.ts';

/** A statement as the server logged it. */
export interface QueryEvent {
  readonly threadId: number;
  readonly database: string;
  readonly sql: string;
}

/** The body of QUERY (2) or MariaDB's QUERY_COMPRESSED (165): session id, run time, lengths, status variables, database, text. */
export function readQuery(body: Buffer, isCompressed: boolean): QueryEvent {
  const reader = new ByteReader(body);
  const threadId = reader.uint32();
  reader.skip(4);
  const databaseLength = reader.uint8();
  reader.skip(2);
  reader.skip(reader.uint16());
  const database = reader.text(databaseLength);
  reader.skip(1);
  const text = isCompressed ? inflateMariadb(reader.rest()) : reader.rest();
  return { threadId, database, sql: text.toString('utf8') };
}
