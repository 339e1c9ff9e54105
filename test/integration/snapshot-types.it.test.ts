import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRowConnection, type RowConnection } from '../../src/binlog/row-connection.ts';
import { compileCodec } from '../../src/encode/compile-codec.ts';
import { RowImage } from '../../src/encode/row-image.ts';
import type { TableVersion } from '../../src/model/table.ts';
import type { RowsEvent, SourceTransaction } from '../../src/model/transaction.ts';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import { ChunkRows } from '../../src/snapshot/chunk-rows.ts';
import { prepareSession } from '../../src/snapshot/snapshot-session.ts';
import { describeTable, type SnapshotTable } from '../../src/snapshot/snapshot-table.ts';
import { openBinlogBench, rowsOf, takeOf, type BinlogBench } from '../support/binlog-bench.ts';
import { encodeTransaction } from '../support/encode-transaction.ts';
import { bitmap, rowsEvent, transaction } from '../support/row-image-bytes.ts';
import { RandomStatements } from '../support/roundtrip/random-statements.ts';
import { quoteName, randomTable } from '../support/roundtrip/random-table.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { typeCases } from '../support/type-cases.ts';

const DATABASE = 'heaviside_snapshot_types';
const SEED = Number(process.env['HEAVISIDE_SEED'] ?? 20_261);
const RANDOM_TABLES = Number(process.env['HEAVISIDE_TABLES'] ?? 20);
const ROWS = 25;
/** Binlog types whose stored form has more than one writing: JSON documents (small and large), compressed columns. */
const LOOSE = new Set([245, 140, 141]);

/** `data` of every row, as the encoder writes it. */
async function dataOf(source: SourceTransaction): Promise<string[]> {
  const { records } = await encodeTransaction(source);
  return records.map(({ value }) => value.slice(value.indexOf('"data":')));
}

/** The bytes of the columns that have one writing only, row by row. */
function imagesOf(table: TableVersion, rows: Buffer, isLoose: (column: number) => boolean): string[] {
  const codecs = table.columns.map((column) => compileCodec(column));
  const names = table.columns.map(({ name }) => name);
  const image = new RowImage(codecs, names, bitmap(names.map(() => true)));
  const offsets = new Int32Array(names.length);
  const found: string[] = [];
  for (let at = 0; at < rows.length;) {
    at = image.walk(rows, at, offsets);
    const values = codecs.map((codec, column) => {
      const offset = offsets[column] as number;
      if (offset < 0) return 'NULL';
      return isLoose(column) ? '*' : rows.toString('hex', offset, codec.skip(rows, offset));
    });
    found.push(values.join(' '));
  }
  return found;
}

describe.each(['mysql', 'mariadb'] as const)(
  'a row through the stream and through a snapshot of %s',
  (flavor) => {
    let bench: BinlogBench;
    let reader: RowConnection;

    beforeAll(async () => {
      bench = await openBinlogBench(flavor, DATABASE, 4901);
      reader = await openRowConnection(bench.address);
      await prepareSession(reader.query, flavor);
      await bench.admin("SET SESSION sql_mode = '', time_zone = '+00:00'");
    });
    afterAll(async () => {
      reader.destroy();
      await bench.close();
    });

    async function snapshotOf(table: string): Promise<{ table: SnapshotTable; rows: ChunkRows }> {
      const found = await describeTable(reader.query, { database: DATABASE, table }, { flavor, where: null });
      if (found === null) throw new Error(`no table ${table}`);
      const rows = new ChunkRows(found);
      await reader.rows(found.select(null, 10_000, false), (row) => rows.add(row));
      return { table: found, rows };
    }

    /** Copies the table, so that the binlog has each of its rows once, and compares. */
    async function compare(name: string, columns: readonly string[]): Promise<number> {
      const list = columns.map(quoteName).join(', ');
      const copy = `copy_of_${Math.random().toString(36).slice(2)}`;
      await bench.admin(`CREATE TABLE ${copy} LIKE ${quoteName(name)}`);
      const stream = await bench.open(await bench.now(true), { decodeLabel });
      await bench.admin(`INSERT IGNORE INTO ${copy} (${list}) SELECT ${list} FROM ${quoteName(name)}`);
      const [source] = await takeOf(stream, DATABASE, 1);
      if (source === undefined) throw new Error('no transaction');
      const events = await rowsOf(source);
      const streamed = events[0]?.table as RowsEvent['table'];
      const { table, rows } = await snapshotOf(copy);
      const isLoose = (column: number): boolean => LOOSE.has(streamed.columns[column]?.type ?? -1);
      const plain = ({ columns: all, ...rest }: TableVersion): unknown => ({
        ...rest,
        fingerprint: '',
        columns: all.map((column, index) => (isLoose(index) && flavor === 'mariadb' ? column.name : column)),
      });
      expect(plain(table.version)).toEqual(plain(streamed));
      const all = rows.without(new Set());
      const read = transaction([
        [rowsEvent('insert', { table: table.version, rows: Buffer.from(all.rows) })],
      ]);
      const written = transaction([
        events.map((event) => rowsEvent('insert', { table: event.table, rows: event.rows })),
      ]);
      const both = [(await dataOf(read)).sort(), (await dataOf(written)).sort()];
      expect(both[0]).toEqual(both[1]);
      expect(imagesOf(table.version, Buffer.from(all.rows), isLoose).sort()).toEqual(
        events.flatMap((event) => imagesOf(event.table, event.rows, isLoose)).sort(),
      );
      await stream.close();
      await bench.admin(`DROP TABLE ${copy}`);
      return rows.count;
    }

    it('has the same bytes for every type at its extremes', async () => {
      const cases = typeCases(flavor);
      for (let first = 0; first < cases.length; first += 40) {
        const some = cases.slice(first, first + 40);
        const columns = some.map(([type], index) => `c${index} ${type} NULL`);
        await bench.admin(
          `CREATE TABLE extremes (id INT PRIMARY KEY, ${columns.join(', ')}) ROW_FORMAT=DYNAMIC DEFAULT CHARSET utf8mb4`,
        );
        await bench.admin(`INSERT INTO extremes VALUES (1, ${some.map(([, sql]) => sql).join(', ')})`);
        expect(await compare('extremes', ['id', ...some.map((_, index) => `c${index}`)])).toBe(1);
        await bench.admin('DROP TABLE extremes');
      }
    });

    it('has the same bytes in random tables', async () => {
      const charsets = await bench.admin(
        "SELECT character_set_name name FROM information_schema.character_sets WHERE character_set_name <> 'binary' ORDER BY 1",
      );
      let compared = 0;
      for (let index = 0; index < RANDOM_TABLES; index++) {
        const random = new SeededRandom(SEED * 100_003 + index);
        const scope = { random, flavor, charsets: charsets.map(({ name }) => name ?? '') };
        const { table, sql } = randomTable(scope, index);
        try {
          await bench.admin(sql);
        } catch {
          continue; // a table that the server refuses
        }
        try {
          const statements = new RandomStatements(random, table);
          for (const statement of statements.transaction(ROWS, true))
            await bench.admin(statement).catch(() => undefined);
          const [{ count = '0' } = {}] = await bench.admin(
            `SELECT COUNT(*) count FROM ${quoteName(table.name)}`,
          );
          const columns = table.columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => name);
          if (Number(count) > 0) compared += await compare(table.name, columns);
        } catch (error) {
          throw new Error(`seed ${SEED}, table ${index}: ${String(error)}\n${sql}`, { cause: error });
        }
        await bench.admin(`DROP TABLE ${quoteName(table.name)}`);
      }
      expect(compared).toBeGreaterThan(RANDOM_TABLES);
    });
  },
);
