import { createConnection, type Connection } from 'mysql2/promise';
import { jsonMembers } from '../../../src/verify/exact-json.ts';
import type { Flavor } from '../load-table.ts';
import type { ProductPlace } from '../product-place.ts';
import type { ProductRun } from '../product-run.ts';
import { SeededRandom } from '../seeded-random.ts';
import { TopicTail } from '../topic-tail.ts';
import type { TopicRecord } from '../topic-record.ts';
import { waitUntil } from '../wait-until.ts';
import { fromRecord, fromServer, selectExpression } from '../../../src/verify/canonical-value.ts';
import type { TypeScope } from './column-type.ts';
import { RandomStatements } from './random-statements.ts';
import {
  columnSql,
  quoteName,
  randomAlter,
  randomTable,
  type RandomColumn,
  type RandomTable,
} from './random-table.ts';
import { FoldError, RowFold, type FoldRow, type RowChange } from './row-fold.ts';

export interface RoundTripCounts {
  tables: number;
  columns: number;
  alters: number;
  inserts: number;
  updates: number;
  deletes: number;
  refusedStatements: number;
  /** Rows compared with the source's SELECT. */
  comparedRows: number;
}

const imageModes = ['FULL', 'FULL', 'FULL', 'MINIMAL', 'NOBLOB'] as const;
type ImageMode = (typeof imageModes)[number];

const MARK = 'round_trip_mark';
const PATIENCE_MS = 120_000;

/** Between two looks at the source: a table version, what was done to it, and how the source was before and after. */
interface Segment {
  readonly table: RandomTable;
  readonly mode: ImageMode;
  readonly before: readonly FoldRow[];
  readonly after: readonly FoldRow[];
  readonly literals: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Random tables through the whole product into Kafka, and back to what the source has. */
export class RoundTrip {
  readonly counts: RoundTripCounts = {
    tables: 0,
    columns: 0,
    alters: 0,
    inserts: 0,
    updates: 0,
    deletes: 0,
    refusedStatements: 0,
    comparedRows: 0,
  };
  readonly #flavor: Flavor;
  readonly #seed: number;
  readonly #database: string;
  readonly #session: Connection;
  readonly #run: ProductRun;
  readonly #tail: TopicTail;
  readonly #charsets: readonly string[];
  #marks = 0;

  private constructor(
    flavor: Flavor,
    seed: number,
    parts: {
      database: string;
      session: Connection;
      run: ProductRun;
      tail: TopicTail;
      charsets: readonly string[];
    },
  ) {
    this.#flavor = flavor;
    this.#seed = seed;
    this.#database = parts.database;
    this.#session = parts.session;
    this.#run = parts.run;
    this.#tail = parts.tail;
    this.#charsets = parts.charsets;
  }

  /** Starts the product on a database of its own with a name that needs quotes. */
  static async open(place: ProductPlace, flavor: Flavor, seed: number): Promise<RoundTrip> {
    const { host, port, user, password } = place.server(flavor);
    const session = await createConnection({
      host,
      port,
      user,
      password,
      charset: 'utf8mb4',
      rowsAsArray: true,
    });
    const database = `RT.${place.name}-%ü"${flavor}`;
    await session.query(`CREATE DATABASE ${quoteName(database)} CHARACTER SET utf8mb4`);
    await session.query(`USE ${quoteName(database)}`);
    await session.query("SET SESSION sql_mode = '', time_zone = '+00:00'");
    await session.query(`CREATE TABLE ${MARK} (id INT PRIMARY KEY)`);
    const [rows] = await session.query(
      "SELECT character_set_name FROM information_schema.character_sets WHERE character_set_name <> 'binary' ORDER BY 1",
    );
    const charsets = (rows as string[][]).map(([name = '']) => name);
    const config = place.config(`rt-${flavor}`, place.replicator(flavor), database, {
      filter: `exclude: *.*, include: /^RT\\.${place.name}-.*/.*`,
    });
    const topic = config['kafka_topic'] ?? '';
    await place.createTopic(topic);
    const run = await place.lead(config);
    const tail = await TopicTail.open(place.brokers, [topic]);
    return new RoundTrip(flavor, seed, { database, session, run, tail, charsets });
  }

  async close(): Promise<void> {
    await this.#tail.close();
    await this.#session.query(`DROP DATABASE ${quoteName(this.#database)}`);
    await this.#session.end();
  }

  get changes(): number {
    return this.counts.inserts + this.counts.updates + this.counts.deletes;
  }

  /** One table from its CREATE to its DROP, changing about `rows` rows. Throws an Error that tells how to see it again. */
  async table(index: number, rows: number): Promise<void> {
    const random = new SeededRandom(this.#seed * 100_003 + index);
    const scope: TypeScope = { random, flavor: this.#flavor, charsets: this.#charsets };
    const created = randomTable(scope, index);
    const mode = random.pick(imageModes);
    const history = [`SET SESSION binlog_row_image = '${mode}'`, created.sql];
    try {
      await this.#session.query(`SET SESSION binlog_row_image = '${mode}'`);
      if (!(await this.#try(created.sql))) return;
      await this.#segments(created.table, mode, { scope, rows, history });
      this.counts.tables++;
      this.counts.columns += created.table.columns.length;
    } catch (error) {
      const where = `seed ${this.#seed}, table ${index}, ${this.#flavor}, ${mode}`;
      throw new Error(
        `${where}: ${error instanceof Error ? error.message : String(error)}\n${history.join(';\n')};`,
        { cause: error },
      );
    } finally {
      await this.#session.query(`DROP TABLE IF EXISTS ${quoteName(created.table.name)}`);
    }
  }

  async #segments(
    first: RandomTable,
    mode: ImageMode,
    { scope, rows, history }: { scope: TypeScope; rows: number; history: string[] },
  ): Promise<void> {
    const { random } = scope;
    const segmentCount = random.between(1, 4);
    const segments: Segment[] = [];
    let table = first;
    let before: readonly FoldRow[] = [];
    for (let i = 0; i < segmentCount; i++) {
      const statements = new RandomStatements(random, table);
      let changed = 0;
      for (let j = 0; changed < rows / segmentCount && j < 60; j++) {
        const isFirst = j === 0 && before.length === 0;
        const size = Math.max(3, Math.ceil(rows / segmentCount / 8));
        for (const statement of statements.transaction(size, isFirst))
          changed += (await this.#affected(statement)) ?? 0;
      }
      await this.#mark();
      const after = await this.#select(table);
      segments.push({ table, mode, before, after, literals: statements.literals });
      const altered = randomAlter(scope, table);
      if (altered !== null && (await this.#try(altered.sql))) {
        history.push(altered.sql);
        this.counts.alters++;
        table = altered.table;
      }
      before = await this.#select(table);
    }
    await this.#arrived();
    const parts = this.#takeRecords(first.name);
    for (const [i, segment] of segments.entries()) await this.#compare(segment, parts[i] ?? []);
  }

  async #compare(segment: Segment, records: readonly TopicRecord[]): Promise<void> {
    const { table, mode, literals } = segment;
    // Without all columns an image does not tell what became of those that the server computes.
    const compared = table.columns
      .filter(({ isGenerated }) => mode === 'FULL' || !isGenerated)
      .map(({ name }) => name);
    const only = (row: FoldRow): FoldRow => new Map([...row].filter(([name]) => compared.includes(name)));
    const [before, after] = [segment.before.map(only), segment.after.map(only)];
    try {
      const changes = records.map((record) => {
        const { operation, data, old } = readChange(table, record);
        return { operation, data: only(data), old: only(old) };
      });
      const fold = new RowFold(table.key, before, mode === 'FULL');
      for (const change of changes) {
        fold.apply(change);
        this.counts[`${change.operation}s`]++;
      }
      fold.expectSame(after);
      this.counts.comparedRows += after.length;
      for (const name of fold.unknownColumns(compared))
        throw new FoldError(`column ${JSON.stringify(name)} is missing in the stream`, name);
      if (mode !== 'FULL') return;
      const back = new RowFold(table.key, after);
      for (const change of changes.toReversed()) back.revert(change);
      back.expectSame(before);
    } catch (error) {
      const column =
        error instanceof FoldError ? table.columns.find(({ name }) => name === error.column) : undefined;
      const small =
        column === undefined ? '' : await this.#smallestCase(column, literals.get(column.name) ?? new Set());
      throw new Error(
        `${error instanceof Error ? error.message : String(error)}\n${column === undefined ? '' : `column: ${columnSql(column)}\n`}${small}`,
        { cause: error },
      );
    }
  }

  /** The first of the literals that alone in a row of two columns comes out wrong. */
  async #smallestCase(column: RandomColumn, literals: ReadonlySet<string>): Promise<string> {
    const plain: RandomColumn = { ...column, name: 'v', attributes: 'NULL', isNullable: true };
    const id: RandomColumn = {
      ...column,
      name: 'id',
      type: { ...column.type, sql: 'INT', form: 'integer' },
      attributes: 'NOT NULL',
      isNullable: false,
    };
    const table: RandomTable = { name: 'round_trip_small', columns: [id, plain], key: ['id'] };
    const create = `CREATE TABLE ${table.name} (${table.columns.map(columnSql).join(', ')}, PRIMARY KEY (id))`;
    await this.#session.query("SET SESSION binlog_row_image = 'FULL'");
    await this.#session.query(create);
    const tried = [...literals];
    for (const [index, literal] of tried.entries())
      await this.#try(`INSERT IGNORE INTO ${table.name} VALUES (${index}, ${literal})`);
    await this.#mark();
    const after = await this.#select(table);
    await this.#arrived();
    const records = this.#takeRecords(table.name).flat();
    await this.#session.query(`DROP TABLE ${table.name}`);
    for (const record of records) {
      const id = String((JSON.parse(record.value ?? '{}') as { data?: { id?: number } }).data?.id);
      const small = `smallest case: ${create}; INSERT INTO ${table.name} VALUES (${id}, ${tried[Number(id)] ?? ''});`;
      const row = after.find((each) => each.get('id') === id);
      try {
        const seen = readChange(table, record).data.get('v');
        if (seen !== row?.get('v'))
          return `${small}\nsource: ${JSON.stringify(row?.get('v'))}, stream: ${JSON.stringify(seen)}`;
      } catch (error) {
        return `${small}\n${String(error)}`;
      }
    }
    return 'no value of the column alone is wrong';
  }

  async #affected(statement: string): Promise<number | null> {
    try {
      const [result] = await this.#session.query(statement);
      return 'affectedRows' in result ? result.affectedRows : 0;
    } catch (error) {
      if (!(error instanceof Error && 'sqlState' in error)) throw error;
      this.counts.refusedStatements++;
      return null;
    }
  }

  async #try(statement: string): Promise<boolean> {
    return (await this.#affected(statement)) !== null;
  }

  async #select({ name, columns }: RandomTable): Promise<FoldRow[]> {
    const expressions = columns.map((column) =>
      selectExpression(column.type.form, quoteName(column.name), this.#flavor),
    );
    const sql = `SELECT ${expressions.join(', ')} FROM ${quoteName(name)}`;
    const [rows] = await this.#session.execute(sql);
    this.#session.unprepare(sql);
    return (rows as (string | number | null)[][]).map(
      (row) =>
        new Map(
          columns.map((column, index) => [
            column.name,
            fromServer(comparedColumn(column), row[index] ?? null),
          ]),
        ),
    );
  }

  async #mark(): Promise<void> {
    await this.#session.query(`INSERT INTO ${MARK} VALUES (${++this.#marks})`);
  }

  /** Waits for the last mark in the topic. */
  async #arrived(): Promise<void> {
    const wanted = `"data":{"id":${this.#marks}}`;
    await waitUntil(
      () => {
        if (!this.#run.isRunning) throw new Error(`the product ended: ${this.#run.stderr.slice(-2000)}`);
        return this.#tail.records
          .slice(-100)
          .some(({ value }) => value?.includes(wanted) === true && value.includes(`"table":"${MARK}"`));
      },
      { timeoutMs: PATIENCE_MS, what: `mark ${this.#marks}`, everyMs: 30 },
    ).catch((error: unknown) => {
      throw new Error(
        `${String(error)}: ${this.#run.log
          .slice(-3)
          .map((line) => JSON.stringify(line))
          .join('\n')}`,
      );
    });
  }

  /** The records of a table so far, cut at the marks; forgets all records. */
  #takeRecords(table: string): TopicRecord[][] {
    const parts: TopicRecord[][] = [[]];
    const marker = `"table":${JSON.stringify(table)},`;
    for (const record of this.#tail.records.splice(0)) {
      if (record.value?.includes(`"table":"${MARK}",`) === true) parts.push([]);
      else if (record.value?.includes(marker) === true) parts.at(-1)?.push(record);
    }
    return parts;
  }
}

function comparedColumn({ type }: RandomColumn): { form: RandomColumn['type']['form']; precision: number } {
  return { form: type.form, precision: type.precision };
}

function readRow(table: RandomTable, text: string | undefined): FoldRow {
  const row = new Map<string, string | null>();
  for (const [name, json] of text === undefined ? [] : jsonMembers(text)) {
    const column = table.columns.find((each) => each.name === name);
    if (column === undefined)
      throw new FoldError(`the record has a column ${JSON.stringify(name)} that the table has not`);
    try {
      row.set(name, fromRecord(comparedColumn(column), json));
    } catch (error) {
      throw new FoldError(`column ${JSON.stringify(name)}: ${json.slice(0, 300)}: ${String(error)}`, name);
    }
  }
  return row;
}

function readChange(table: RandomTable, record: TopicRecord): RowChange {
  const members = jsonMembers(record.value ?? '');
  const type: unknown = JSON.parse(members.get('type') ?? 'null');
  if (type !== 'insert' && type !== 'update' && type !== 'delete')
    throw new FoldError(`a record of type ${String(type)}`);
  return {
    operation: type,
    data: readRow(table, members.get('data')),
    old: readRow(table, members.get('old')),
  };
}
