import { HeavisideError } from '../errors.ts';

/** ROW_UNDECODABLE for a column; the message names it and never holds its value. */
export function undecodable(column: string, reason: string, cause?: unknown): HeavisideError {
  return new HeavisideError(
    'ROW_UNDECODABLE',
    `column \`${column}\`: ${reason}`,
    cause === undefined ? {} : { cause },
  );
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
