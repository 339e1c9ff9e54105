import { createConnection, type Connection } from 'mysql2/promise';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import type { SqlServer } from '../stack/stack-info.ts';
import { columnDefinitions, columnNames, rowSql, type TableShape } from './table-shape.ts';

/** What is written into the binlog, once, for every peer to read. */
export interface LoadShape {
  readonly operation: 'insert' | 'update' | 'delete';
  readonly shape: TableShape;
  readonly tables: number;
  readonly rows: number;
  readonly rowsPerTransaction: number;
}

/** Where a load stands in the binlog, and what must be in Kafka once it was read. */
export interface WrittenLoad {
  readonly database: string;
  readonly tables: readonly string[];
  readonly from: { readonly file: string; readonly offset: number; readonly gtids: string };
  readonly rows: number;
  readonly transactions: number;
  /** Bytes of binlog a row. */
  readonly binlogBytesPerRow: number;
  /** The rows are read from the tables: no record tells of a transaction. */
  readonly isSnapshot?: boolean;
}

/** Rows, and bytes, at most, of the table that the rows of a load are copied from. */
const BLOCK_ROWS = 5000;
const BLOCK_BYTES = 50_000_000;
/** Statements in one packet to the server. */
const STATEMENTS_AT_ONCE = 200;
const MIXED_TABLES = 10;

/** Writes loads into the source. */
export class LoadWriter {
  readonly #connection: Connection;
  readonly #databases = new Set<string>();

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open({ host, port, user, password }: SqlServer): Promise<LoadWriter> {
    const connection = await createConnection({ host, port, user, password, multipleStatements: true });
    return new LoadWriter(connection);
  }

  async run(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    let rows: unknown = [];
    for (const statement of statements) [rows] = await this.#connection.query(statement);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  }

  /** Creates the tables, then writes the load behind the position that is given. */
  async write(name: string, load: LoadShape): Promise<WrittenLoad> {
    const database = `bench_${name}`;
    const tables = Array.from({ length: load.tables }, (_, index) => `t${index}`);
    await this.createDatabase(database);
    await this.#fillBlock(load.shape);
    for (const table of tables)
      await this.run(`CREATE TABLE ${database}.${table} (${columnDefinitions(load.shape)})`);
    const inserts = transactionsOf({ ...load, operation: 'insert' }, database, tables);
    if (load.operation !== 'insert') await this.#execute(inserts);
    const from = await this.position();
    const transactions = load.operation === 'insert' ? inserts : transactionsOf(load, database, tables);
    await this.#execute(transactions);
    const end = await this.position();
    const bytes = end.file === from.file ? end.offset - from.offset : await this.#bytesUpTo(from, end);
    return {
      database,
      tables,
      from,
      rows: load.rows,
      transactions: transactions.length,
      binlogBytesPerRow: bytes / load.rows,
    };
  }

  async createDatabase(database: string): Promise<void> {
    this.#databases.add(database);
    await this.run(`DROP DATABASE IF EXISTS ${database}`, `CREATE DATABASE ${database}`);
  }

  /** Where the source is now. */
  async position(): Promise<WrittenLoad['from']> {
    const [row] = await this.run('SHOW BINARY LOG STATUS');
    return {
      file: String(row?.['File']),
      offset: Number(row?.['Position']),
      gtids: String(row?.['Executed_Gtid_Set']).replaceAll(/\s/g, ''),
    };
  }

  async #bytesUpTo(from: WrittenLoad['from'], end: WrittenLoad['from']): Promise<number> {
    const logs = await this.run('SHOW BINARY LOGS');
    const between = logs.filter(
      (log) => String(log['Log_name']) >= from.file && String(log['Log_name']) < end.file,
    );
    return between.reduce((sum, log) => sum + Number(log['File_size']), 0) - from.offset + end.offset;
  }

  async #fillBlock(shape: TableShape): Promise<void> {
    await this.createDatabase('bench_block');
    await this.run(`CREATE TABLE bench_block.block (${columnDefinitions(shape)})`);
    const random = new SeededRandom(7); // the same rows in every run
    const blockRows = blockRowsOf(shape);
    const perStatement = Math.max(1, Math.min(500, Math.floor(2_000_000 / bytesOf(shape))));
    for (let id = 1; id <= blockRows; id += perStatement) {
      const count = Math.min(perStatement, blockRows - id + 1);
      const rows = Array.from({ length: count }, (_, index) => `(${rowSql(shape, id + index, random)})`);
      await this.run(`INSERT INTO bench_block.block VALUES ${rows.join(',')}`);
    }
  }

  async #execute(transactions: readonly (readonly string[])[]): Promise<void> {
    let packet: string[] = [];
    for (const statements of transactions) {
      packet.push(
        statements.length === 1 ? (statements[0] ?? '') : ['BEGIN', ...statements, 'COMMIT'].join(';'),
      );
      if (packet.length < STATEMENTS_AT_ONCE) continue;
      await this.run(packet.join(';'));
      packet = [];
    }
    if (packet.length > 0) await this.run(packet.join(';'));
  }

  async close(): Promise<void> {
    for (const database of this.#databases) await this.run(`DROP DATABASE IF EXISTS ${database}`);
    await this.#connection.end();
  }
}

/** Bytes of a row, about. */
const bytesOf = ({ columns, textBytes }: TableShape): number => columns * 20 + textBytes;

const blockRowsOf = (shape: TableShape): number =>
  Math.min(BLOCK_ROWS, Math.ceil(BLOCK_BYTES / bytesOf(shape)));

/** The statements of every transaction. Rows go to the tables in turn, by up to ten of them a transaction. */
export function transactionsOf(
  { operation, shape, rows, rowsPerTransaction }: LoadShape,
  database: string,
  tables: readonly string[],
): string[][] {
  const transactions: string[][] = [];
  const blockRows = blockRowsOf(shape);
  const perStatement = Math.max(
    1,
    Math.min(blockRows, Math.floor(rowsPerTransaction / Math.min(MIXED_TABLES, tables.length))),
  );
  let statements: string[] = [];
  for (let first = 0, turn = 0, count = 0; first < rows; first += count, turn++) {
    const table = `${database}.${tables[turn % tables.length]}`;
    const untilCommit = rowsPerTransaction - (first % rowsPerTransaction);
    count = Math.min(perStatement, rows - first, untilCommit, blockRows - (first % blockRows));
    statements.push(statementOf(operation, { table, first, count, shape }));
    if ((first + count) % rowsPerTransaction !== 0 && first + count < rows) continue;
    transactions.push(statements);
    statements = [];
  }
  return transactions;
}

function statementOf(
  operation: LoadShape['operation'],
  { table, first, count, shape }: { table: string; first: number; count: number; shape: TableShape },
): string {
  const range = `id BETWEEN ${first + 1} AND ${first + count}`;
  if (operation === 'delete') return `DELETE FROM ${table} WHERE ${range}`;
  if (operation === 'update') return `UPDATE ${table} SET c1 = c1 + 1 WHERE ${range}`;
  const start = first % blockRowsOf(shape);
  const offset = first - start;
  const columns = columnNames(shape).join(', ');
  const copied = `id BETWEEN ${start + 1} AND ${start + count}`;
  return `INSERT INTO ${table} (id, ${columns}) SELECT id + ${offset}, ${columns} FROM bench_block.block WHERE ${copied}`;
}
