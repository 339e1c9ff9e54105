import { HeavisideError } from '../errors.ts';

/** ROW_UNDECODABLE with the parts of its message. */
export class UndecodableColumn extends HeavisideError {
  /** `*` where it is the whole row. */
  readonly column: string;
  /** Never holds a value. */
  readonly reason: string;

  constructor(column: string, reason: string, cause?: unknown) {
    super('ROW_UNDECODABLE', `column \`${column}\`: ${reason}`, cause === undefined ? {} : { cause });
    this.column = column;
    this.reason = reason;
  }
}

/** ROW_UNDECODABLE for a column; the message names it and never holds its value. */
export function undecodable(column: string, reason: string, cause?: unknown): UndecodableColumn {
  return new UndecodableColumn(column, reason, cause);
}

/** What was thrown while a row was read, as ROW_UNDECODABLE; rethrows an error of another code. */
export function asUndecodable(error: unknown): UndecodableColumn {
  const inner =
    error instanceof HeavisideError && error.cause instanceof UndecodableColumn ? error.cause : error;
  if (inner instanceof UndecodableColumn) return inner;
  if (inner instanceof HeavisideError && inner.code !== 'ROW_UNDECODABLE') throw inner;
  return new UndecodableColumn('*', 'the row image cannot be read', error);
}

/** Puts the table before a ROW_UNDECODABLE; anything else that decoding threw becomes one. */
export function inTable(database: string, table: string, error: unknown): HeavisideError {
  const isOurs = error instanceof HeavisideError;
  if (isOurs && error.code !== 'ROW_UNDECODABLE') return error;
  const reason = isOurs ? error.message : 'the row image cannot be read';
  return new HeavisideError('ROW_UNDECODABLE', `table \`${database}\`.\`${table}\`: ${reason}`, {
    cause: error,
  });
}
