import type { SchemaChange } from '../model/transaction.ts';
import type { EventHeader } from './event-header.ts';
import type { QueryEvent } from './query-event.ts';
import { readStatusVariables } from './status-variables.ts';
import type { DecodeLabel } from './table-version.ts';
import type { EventPlace } from './transaction-assembler.ts';

/** The tail of an atomic CREATE TABLE … SELECT: the server's note to its replicas, not a part of the statement. */
const OPEN_CREATE_TAIL = /\s+START\s+TRANSACTION\s*$/i;
const TAIL_LENGTH = 64;

/** Takes a schema change out of its event. @param decode reads text in the character set of a collation id */
export function schemaChangeOf(
  { database, sql, text, variables }: QueryEvent,
  { header, place }: { readonly header: EventHeader; readonly place: EventPlace },
  decode: DecodeLabel,
): SchemaChange {
  const { sqlMode, clientCollation, serverCollation } = readStatusVariables(variables);
  const whole = clientCollation === null ? sql : decode(text, clientCollation);
  const tailAt = Math.max(0, whole.length - TAIL_LENGTH);
  return {
    database,
    sql: whole.slice(0, tailAt) + whole.slice(tailAt).replace(OPEN_CREATE_TAIL, ''),
    timestampSeconds: header.timestampSeconds,
    file: place.file,
    startOffset: place.startOffset,
    sqlMode,
    serverCollation,
  };
}
