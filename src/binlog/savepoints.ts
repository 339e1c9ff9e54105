const STATEMENT =
  /^\s*(?:SAVEPOINT|ROLLBACK\s+(?:WORK\s+)?TO(?:\s+SAVEPOINT)?)\s+(?:`((?:[^`]|``)+)`|([^\s;`]+))\s*;?\s*$/i;

/** The name in SAVEPOINT or ROLLBACK TO as the servers log them; names do not differ by case. Null where there is none. */
function nameOf(sql: string): string | null {
  const [, quoted, plain] = STATEMENT.exec(sql) ?? [];
  return (quoted?.replaceAll('``', '`') ?? plain)?.toLowerCase() ?? null;
}

/**
 * The savepoints of one transaction. A server leaves what was rolled back to a savepoint out of its binlog, but for
 * transactions that it cannot undo as a whole (MariaDB: also tables without transactions were changed): there it logs
 * the rows, and ROLLBACK TO behind them.
 */
export class Savepoints {
  #savepoints: { readonly name: string; readonly eventCount: number }[] = [];

  /** @param eventCount rows events so far */
  set(sql: string, eventCount: number): void {
    const name = nameOf(sql);
    if (name === null) return;
    this.#savepoints = this.#savepoints.filter((savepoint) => savepoint.name !== name);
    this.#savepoints.push({ name, eventCount });
  }

  /** How many rows events stand before the savepoint that is gone back to; null where it is not known. */
  rollBackTo(sql: string): number | null {
    const name = nameOf(sql);
    const index = this.#savepoints.findIndex((savepoint) => savepoint.name === name);
    const savepoint = this.#savepoints[index];
    if (savepoint === undefined) return null;
    this.#savepoints.length = index + 1; // the savepoint itself stays
    return savepoint.eventCount;
  }
}
