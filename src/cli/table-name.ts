import { HeavisideError } from '../errors.ts';

/** `shop.orders`; a name with a dot in it stands in backquotes. @throws COMMAND_FAILED */
export function parseTable(word: string): readonly [string, string] {
  const [, quotedDatabase, database, quotedTable, table] =
    /^(?:`([^`]+)`|([^`.]+))\.(?:`([^`]+)`|([^`.]+))$/u.exec(word) ?? [];
  const name = quotedTable ?? table;
  const schema = quotedDatabase ?? database;
  if (schema === undefined || name === undefined)
    throw new HeavisideError(
      'COMMAND_FAILED',
      `"${word}" is no table: write DATABASE.TABLE, names with a dot in backquotes`,
    );
  return [schema, name];
}
