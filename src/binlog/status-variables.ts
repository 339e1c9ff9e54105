import { ByteReader } from './byte-reader.ts';

/** What a session had set when it ran a statement, as far as it changes how the statement is read. */
export interface StatusVariables {
  /** sql_mode, its low 32 bits (`sql/system_variables.h`: 1 REAL_AS_FLOAT, 4 ANSI_QUOTES, 2^9 ORACLE, 2^20 NO_BACKSLASH_ESCAPES). */
  readonly sqlMode: number;
  /** Collation ids; null where the event does not tell. */
  readonly clientCollation: number | null;
  readonly serverCollation: number | null;
}

/** Codes of `Query_event_post_header` in MySQL's `statement_events.h`; MariaDB has the same ones. */
const FLAGS2 = 0;
const SQL_MODE = 1;
const CATALOG = 2;
const AUTO_INCREMENT = 3;
const CHARSETS = 4;
const TIME_ZONE = 5;
const CATALOG_NZ = 6;

/** Reads up to the character sets, which both servers write before all that is not known here. */
export function readStatusVariables(variables: Buffer): StatusVariables {
  const reader = new ByteReader(variables);
  let sqlMode = 0;
  let clientCollation: number | null = null;
  let serverCollation: number | null = null;
  while (reader.remaining > 0) {
    const code = reader.uint8();
    if (code === FLAGS2 || code === AUTO_INCREMENT) reader.skip(4);
    else if (code === SQL_MODE) sqlMode = Number(reader.uint64() & 0xffff_ffffn);
    else if (code === CATALOG) reader.skip(reader.uint8() + 1);
    else if (code === CATALOG_NZ || code === TIME_ZONE) reader.skip(reader.uint8());
    else if (code === CHARSETS) {
      clientCollation = reader.uint16();
      reader.skip(2); // collation_connection
      serverCollation = reader.uint16();
    } else break;
  }
  return { sqlMode, clientCollation, serverCollation };
}
