const NAME = '(?:`((?:[^`]|``)+)`|([\\p{L}\\p{N}_$]+))';
const TABLE = `${NAME}(?:\\s*\\.\\s*${NAME})?`;

/** Single-table data changes; anything else has no target that could be told from its first words. */
const FORMS: readonly RegExp[] = [
  new RegExp(
    `^(?:INSERT|REPLACE)\\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\\s+)*(?:INTO\\s+)?${TABLE}(?=[\\s(])`,
    'iu',
  ),
  new RegExp(`^UPDATE\\s+(?:(?:LOW_PRIORITY|IGNORE)\\s+)*${TABLE}\\s+SET\\b`, 'iu'),
  new RegExp(
    `^DELETE\\s+(?:(?:LOW_PRIORITY|QUICK|IGNORE)\\s+)*FROM\\s+${TABLE}(?=\\s*$|\\s+(?:WHERE|ORDER|LIMIT)\\b)`,
    'iu',
  ),
];

const unquote = (quoted: string | undefined, plain: string | undefined): string =>
  quoted?.replaceAll('``', '`') ?? plain ?? '';

/** The table that a data change in a statement is made to, or null where that cannot be told for certain. */
export function statementTarget(
  sql: string,
  defaultDatabase: string,
): { database: string; table: string } | null {
  const text = sql.replace(/^(?:\s+|\/\*(?!!|M!)[^]*?\*\/)+/u, '');
  for (const form of FORMS) {
    const match = form.exec(text);
    if (!match) continue;
    const [, quotedFirst, first, quotedSecond, second] = match;
    const isQualified = (quotedSecond ?? second) !== undefined;
    return isQualified
      ? { database: unquote(quotedFirst, first), table: unquote(quotedSecond, second) }
      : { database: defaultDatabase, table: unquote(quotedFirst, first) };
  }
  return null;
}
