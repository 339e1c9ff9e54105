import { setImmediate } from 'node:timers/promises';
import { escape } from 'mysql2';
import type { LoadConnection } from '../../support/load-connection.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import type { LedgerChange, Row } from './ledger.ts';
import { randomBody, randomText, SessionTable, writerTables, type TableName } from './writer-table.ts';

/** A statement and the row changes that it makes, in binlog order. */
export interface Statement {
  readonly sql: string;
  readonly changes: readonly LedgerChange[];
}

export interface SessionOptions {
  /** The first session (0) is the one that writes and alters `shapes`. */
  readonly index: number;
  readonly random: SeededRandom;
  readonly database: string;
  readonly hiddenDatabase: string;
}

const KEYS_PER_SESSION = 1_000_000_000;
const LARGE_STATEMENT_ROWS = 5000;
const MAX_EXTRA_COLUMNS = 3;
/** Of the rows that are there before the stream: their tables, and how many one statement inserts. */
const BEFORE = [
  { name: 'accounts', share: 0.649, perStatement: 2000 },
  { name: 'pairs', share: 0.3, perStatement: 2000 },
  { name: 'shapes', share: 0.05, perStatement: 2000 },
  { name: 'bodies', share: 0.001, perStatement: 20 },
] as const satisfies readonly { name: TableName; share: number; perStatement: number }[];

/** What one session writes: rows of its own alone, so that the order of the changes of a key is certain. */
export class WriterSession {
  readonly #options: SessionOptions;
  readonly #tables = new Map<TableName, SessionTable>(
    writerTables.map((table) => [table.name, new SessionTable(table)]),
  );
  #nextKey: number;
  #extraColumns: string[] = [];
  #columnsEverAdded = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#nextKey = options.index * KEYS_PER_SESSION + 1;
  }

  /** The statements of one transaction. The first changes the ticket; without another it may be committed by itself. */
  plan(): Statement[] {
    const { random } = this.#options;
    const statements = [this.#ticket()];
    const others = random.chance(0.25) ? 0 : random.between(1, random.chance(0.2) ? 8 : 3);
    for (let i = 0; i < others; i++) statements.push(this.#statement());
    return statements;
  }

  /** What puts the ticket and about `count` rows into the tables before anything is streamed; each is to be kept. */
  *fill(count: number): Generator<Statement> {
    yield this.#ticket();
    for (const { name, share, perStatement } of BEFORE) {
      const usual = name === 'shapes' && this.#options.index !== 0 ? 'accounts' : name;
      for (let left = Math.ceil(count * share); left > 0; left -= perStatement)
        yield this.#insert(usual, Math.min(left, perStatement));
    }
  }

  /** The ticket and `count` rows into `accounts`. */
  async planLarge(count: number): Promise<Statement[]> {
    const statements = [this.#ticket()];
    for (let left = count; left > 0; left -= LARGE_STATEMENT_ROWS) {
      statements.push(this.#insert('accounts', Math.min(left, LARGE_STATEMENT_ROWS)));
      await setImmediate(); // the relays of the replicas run in this process
    }
    return statements;
  }

  keep(): void {
    for (const table of this.#tables.values()) table.keep();
  }

  undo(): void {
    for (const table of this.#tables.values()) table.undo();
  }

  /** True where the ticket in the server is that of the transaction at hand. */
  async isCommitted(connection: LoadConnection): Promise<boolean> {
    const { database, index } = this.#options;
    const sql = `SELECT CAST(ver AS CHAR) AS ver FROM ${database}.tickets WHERE session = ${index}`;
    const [found] = await connection.select(sql);
    const [ticket] = this.#table('tickets').all();
    return ticket !== undefined && found?.['ver'] === String(ticket['ver']);
  }

  /** Adds a column to `shapes` or drops one; resolves to the GTID. */
  async alter(connection: LoadConnection): Promise<string | null> {
    const { random, database } = this.#options;
    const oldest = this.#extraColumns[0];
    const isDrop =
      oldest !== undefined && (this.#extraColumns.length >= MAX_EXTRA_COLUMNS || random.chance(0.3));
    const value = ++this.#columnsEverAdded;
    const name = isDrop ? oldest : `extra${value}`;
    const { gtid } = await connection.run(
      `ALTER TABLE ${database}.shapes ${isDrop ? `DROP COLUMN ${name}` : `ADD COLUMN ${name} INT DEFAULT ${value}`}`,
    );
    const shapes = this.#table('shapes');
    for (const row of shapes.all()) {
      const { [name]: _, ...rest } = row;
      shapes.change(row, isDrop ? rest : { ...row, [name]: value });
    }
    shapes.keep();
    this.#extraColumns = isDrop ? this.#extraColumns.slice(1) : [...this.#extraColumns, name];
    return gtid;
  }

  #table(name: TableName): SessionTable {
    const found = this.#tables.get(name);
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  }

  #name({ table }: SessionTable): string {
    const { database, hiddenDatabase } = this.#options;
    return `${table.isHidden ? hiddenDatabase : database}.${table.name}`;
  }

  #change({ table }: SessionTable, before: Row | null, after: Row | null): LedgerChange {
    const op = before === null ? 'insert' : after === null ? 'delete' : 'update';
    return { table: table.name, isHidden: table.isHidden, op, key: table.key, before, after };
  }

  #ticket(): Statement {
    const { index, random } = this.#options;
    const tickets = this.#table('tickets');
    const [before = null] = tickets.all();
    const after: Row = { session: index, ver: Number(before?.['ver'] ?? 0) + 1, note: randomText(random) };
    tickets.change(before, after);
    const note = literal(after['note']);
    const sql =
      before === null
        ? `INSERT INTO ${this.#name(tickets)} VALUES (${index}, 1, ${note})`
        : `UPDATE ${this.#name(tickets)} SET ver = ver + 1, note = ${note} WHERE session = ${index}`;
    return { sql, changes: [this.#change(tickets, before, after)] };
  }

  #statement(): Statement {
    const { random, index } = this.#options;
    const dice = random.next();
    const name: TableName =
      dice < 0.4
        ? 'accounts'
        : dice < 0.7
          ? 'pairs'
          : dice < 0.73
            ? 'bodies'
            : dice < 0.9
              ? 'aside'
              : 'shapes';
    const usual = name === 'shapes' && index !== 0 ? 'accounts' : name;
    const rows = name === 'bodies' ? 1 : random.between(1, random.chance(0.1) ? 40 : 6);
    const what = random.next();
    if (this.#table(usual).size < 20 || what < 0.4) return this.#insert(usual, rows);
    if (what < 0.8) return this.#update(usual, rows);
    return what < 0.87 ? this.#move(usual) : this.#delete(usual, rows);
  }

  #values(name: TableName): Row {
    const { random } = this.#options;
    switch (name) {
      case 'tickets':
        return {};
      case 'accounts':
        return {
          amount: random.chance(0.1) ? null : random.between(-9_007_199_254_740_991, 9_007_199_254_740_991),
          owner: randomText(random),
        };
      case 'bodies':
        return { body: randomBody(random) };
      case 'shapes':
        return {
          base: random.chance(0.1) ? null : `base ${random.between(0, 999_999)}`,
          ...Object.fromEntries(this.#extraColumns.map((column) => [column, random.between(-1000, 1000)])),
        };
      case 'pairs':
      case 'aside':
        return { label: randomText(random) };
    }
  }

  #freshKey({ table }: SessionTable): Row {
    const number = this.#nextKey++;
    return table.name === 'pairs' ? { a: number % 11, b: number } : { id: number };
  }

  #insert(name: TableName, count: number): Statement {
    const { random } = this.#options;
    const table = this.#table(name);
    const rows: Row[] = [];
    for (let i = 0; i < count; i++) {
      const used = random.chance(0.15) ? table.retired() : undefined;
      const key = used === undefined ? this.#freshKey(table) : keyOf(table, used);
      const row = { ...key, ver: Number(used?.['ver'] ?? 0) + 1, ...this.#values(name) };
      table.change(null, row);
      rows.push(row);
    }
    const columns = Object.keys(rows[0] ?? {});
    const texts = rows.map((row) => `(${columns.map((column) => literal(row[column])).join(',')})`);
    return {
      sql: `INSERT INTO ${this.#name(table)} (${columns.join(',')}) VALUES ${texts.join(',')}`,
      changes: rows.map((row) => this.#change(table, null, row)),
    };
  }

  #update(name: TableName, count: number): Statement {
    const table = this.#table(name);
    const values = this.#values(name);
    const changes = table.pick(count, this.#options.random).map((before) => {
      const after = { ...before, ver: Number(before['ver']) + 1, ...values };
      table.change(before, after);
      return this.#change(table, before, after);
    });
    return {
      sql: `UPDATE ${this.#name(table)} SET ver = ver + 1${assignments(values)} ${where(table, changes)}`,
      changes,
    };
  }

  /** Changes the primary key of one row to one that was never used. */
  #move(name: TableName): Statement {
    const table = this.#table(name);
    const values = { ...this.#freshKey(table), ...this.#values(name) };
    const changes = table.pick(1, this.#options.random).map((before) => {
      const after = { ...before, ver: Number(before['ver']) + 1, ...values };
      table.change(before, after);
      return this.#change(table, before, after);
    });
    return {
      sql: `UPDATE ${this.#name(table)} SET ver = ver + 1${assignments(values)} ${where(table, changes)}`,
      changes,
    };
  }

  #delete(name: TableName, count: number): Statement {
    const table = this.#table(name);
    const changes = table.pick(count, this.#options.random).map((before) => {
      table.change(before, null);
      return this.#change(table, before, null);
    });
    return { sql: `DELETE FROM ${this.#name(table)} ${where(table, changes)}`, changes };
  }
}

function literal(value: string | number | null | undefined): string {
  return value === null || value === undefined ? 'NULL' : escape(value);
}

function keyOf({ table }: SessionTable, row: Row): Row {
  return Object.fromEntries(table.key.map((column) => [column, row[column] ?? null]));
}

function assignments(values: Row): string {
  return Object.entries(values)
    .map(([column, value]) => `, ${column} = ${literal(value)}`)
    .join('');
}

/** The rows by their keys, visited in the order of the primary key. */
function where(table: SessionTable, changes: readonly LedgerChange[]): string {
  const columns = table.table.key.join(',');
  const keys = changes.map(({ before }) => `(${Object.values(keyOf(table, before ?? {})).join(',')})`);
  return `WHERE (${columns}) IN (${keys.join(',')}) ORDER BY ${columns}`;
}
