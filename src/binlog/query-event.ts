import { ByteReader } from './byte-reader.ts';
import { inflateMariadb } from './mariadb-compression.ts';

/** A statement as the server logged it. */
export interface QueryEvent {
  readonly threadId: number;
  readonly database: string;
  /** The text read as UTF-8: right in its ASCII parts in every character set that a client can have. */
  readonly sql: string;
  /** The text in the session's character set, and its status variables: views on memory that is used again. */
  readonly text: Buffer;
  readonly variables: Buffer;
}

/** The body of QUERY (2) or MariaDB's QUERY_COMPRESSED (165): session id, run time, lengths, status variables, database, text. */
export function readQuery(body: Buffer, isCompressed: boolean): QueryEvent {
  const reader = new ByteReader(body);
  const threadId = reader.uint32();
  reader.skip(4);
  const databaseLength = reader.uint8();
  reader.skip(2);
  const variables = reader.bytes(reader.uint16());
  const database = reader.text(databaseLength);
  reader.skip(1);
  const text = isCompressed ? inflateMariadb(reader.rest()) : reader.rest();
  return { threadId, database, sql: text.toString('utf8'), text, variables };
}
