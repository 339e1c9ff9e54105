import { encoderFactory } from '../../src/assembly/encode-settings.ts';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import type { TransactionEncoder } from '../../src/encode/transaction-encoder.ts';
import type { BinlogCoordinates, SourceFlavor } from '../../src/model/position.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { openBinlogBench, type BinlogBench } from './binlog-bench.ts';
import { CollectingSink, type CollectedRecord } from './collecting-sink.ts';
import { listBinlog } from './golden-binlog.ts';
import type { GoldenFacts } from './golden-expectation.ts';
import type { GoldenCase, GoldenFile, GoldenValue } from './golden-file.ts';
import { loadConfigText } from './load-config-text.ts';
import { MemoryLog } from './memory-log.ts';

/** What became of a case, or of a section of values. */
export interface GoldenPlay {
  readonly records: readonly CollectedRecord[];
  readonly facts: GoldenFacts;
  /** What the server prints for each value of a section, null for NULL. */
  readonly texts: readonly (string | null)[];
  /** What the server said to a statement that it refused; the rest was not played. */
  readonly error: string | null;
}

/** The unit that is played between two marks. */
interface Scene {
  readonly first: GoldenCase;
  readonly statements: readonly string[];
  readonly values: readonly GoldenValue[];
}

const MARKS = 'golden_marks';
const sessionSettings =
  "SET NAMES utf8mb4, sql_mode = '', time_zone = '+00:00', timestamp = 1700000000, unique_checks = 1";

/** What stands for the preparation of a file; its encoder is that of the DDL cases, which so know the database. */
const preparation: GoldenCase = {
  name: '',
  servers: [],
  options: { output_ddl: 'true' },
  partitions: 1,
  body: { kind: 'refusal', message: '' },
};

const encoders = new Map<string, TransactionEncoder>();

/** The encoder as the product makes it of these options. Throws where they are refused. */
export function encoderOf(
  options: Readonly<Record<string, string>>,
  flavor: SourceFlavor,
): TransactionEncoder {
  const lines = ['user=u', 'password=p', 'kafka.bootstrap.servers=localhost:9092'];
  for (const [name, value] of Object.entries(options))
    lines.push(`${name}=${value.replaceAll('\\', '\\\\')}`);
  const file = lines.join('\n');
  const key = `${flavor}\n${file}`;
  let encoder = encoders.get(key);
  if (encoder === undefined) {
    // Definitions for DDL records come from the statements alone.
    const schema = { facts: { flavor, lowerCaseTableNames: 0 }, snapshot: null };
    encoder = encoderFactory(loadConfigText({ file }).config, new MemoryLog())(schema);
    encoders.set(key, encoder);
  }
  return encoder;
}

/** The member names of a section's columns. */
export const columnOf = (index: number): string => `c${index}`;

/** A row is inserted, changed beside the values, emptied, filled again and deleted. */
function valueStatements(table: string, values: readonly GoldenValue[]): string[] {
  const each = (text: (value: GoldenValue, column: string) => string): string =>
    values.map((value, index) => text(value, columnOf(index))).join(', ');
  return [
    `CREATE TABLE ${table} (id INT PRIMARY KEY, touch INT, ${each(({ type }, column) => `${column} ${type} NULL`)}) ROW_FORMAT=DYNAMIC DEFAULT CHARSET utf8mb4`,
    'START TRANSACTION',
    `INSERT INTO ${table} VALUES (1, 1, ${each(({ sql }) => sql)})`,
    `UPDATE ${table} SET touch = 2`,
    `UPDATE ${table} SET ${each((_, column) => `${column} = NULL`)}`,
    `UPDATE ${table} SET ${each(({ sql }, column) => `${column} = ${sql}`)}`,
    `DELETE FROM ${table}`,
    'COMMIT',
  ];
}

function scenesOf({ cases }: GoldenFile, flavor: SourceFlavor): Scene[] {
  const scenes: Scene[] = [];
  const here = cases.filter(({ servers }) => servers.includes(flavor));
  for (const first of here) {
    const { body } = first;
    if (body.kind === 'script') scenes.push({ first, statements: body.statements, values: [] });
    if (body.kind !== 'value' || scenes.some(({ values }) => values[0]?.section === body.section)) continue;
    const values = here
      .map((each) => each.body)
      .filter((each) => each.kind === 'value')
      .filter(({ section }) => section === body.section);
    scenes.push({ first, values, statements: valueStatements(`values_${body.section}`, values) });
  }
  return scenes;
}

/** Plays golden files on one server and reads what its binlog then holds. */
class GoldenPlayer {
  /** Plays by the case, or the first case of the section. */
  readonly plays = new Map<GoldenCase, GoldenPlay>();
  /** The message id of the mark that was read last. */
  lastMark = '';
  readonly #bench: BinlogBench;
  readonly #played: (Omit<GoldenPlay, 'records'> & { readonly first: GoldenCase })[] = [];

  constructor(bench: BinlogBench) {
    this.#bench = bench;
  }

  /** Runs the statements of a file in an empty database. */
  async write(file: GoldenFile): Promise<void> {
    await this.dropDatabases();
    await this.#bench.admin('CREATE DATABASE golden CHARACTER SET utf8mb4');
    await this.#bench.admin('USE golden');
    await this.#act({ first: { ...preparation, name: file.name }, statements: [], values: [] });
    for (const scene of scenesOf(file, this.#bench.flavor)) await this.#act(scene);
  }

  async dropDatabases(): Promise<void> {
    const { admin } = this.#bench;
    const found = await admin(
      "SELECT schema_name name FROM information_schema.schemata WHERE schema_name LIKE 'golden%'",
    );
    for (const { name } of found) if (name !== MARKS) await admin(`DROP DATABASE \`${name}\``);
  }

  /** Plays a scene in a session of its settings, and a mark behind it. */
  async #act(scene: Scene): Promise<void> {
    const { admin } = this.#bench;
    await admin(sessionSettings);
    const { coordinates } = await this.#bench.now(false);
    let texts: readonly (string | null)[] = [];
    let error: string | null = null;
    for (const statement of scene.statements) {
      if (statement.startsWith('DELETE') && scene.values.length > 0) texts = await this.#texts(scene.values);
      try {
        await admin(statement);
      } catch (failure) {
        error = `${statement.slice(0, 2000)}: ${String(failure)}`;
        await admin('ROLLBACK');
        await admin('SET GLOBAL binlog_row_metadata = FULL');
        break;
      }
    }
    const facts = await this.#facts(scene, coordinates);
    await admin(`INSERT INTO ${MARKS}.marks VALUES ()`);
    this.#played.push({ first: scene.first, facts, texts, error });
  }

  async #texts(values: readonly GoldenValue[]): Promise<(string | null)[]> {
    const columns = values.flatMap(({ json }, index) =>
      json === 'text' || json === 'number' ? [`CAST(${columnOf(index)} AS CHAR) ${columnOf(index)}`] : [],
    );
    if (columns.length === 0) return [];
    const [row = {}] = await this.#bench.admin(
      `SELECT ${columns.join(', ')} FROM values_${values[0]?.section}`,
    );
    return values.map((_, index) => row[columnOf(index)] ?? null);
  }

  async #facts({ first, values }: Scene, from: BinlogCoordinates | null): Promise<GoldenFacts> {
    const isAsked = values.length === 0 && JSON.stringify(first.body).includes('<');
    if (!isAsked || from === null) return { listing: null, threadId: '', serverId: '' };
    const { admin } = this.#bench;
    const [ids = {}] = await admin('SELECT CONNECTION_ID() thread, @@server_id server');
    return {
      listing: await listBinlog(admin, from),
      threadId: ids['thread'] ?? '',
      serverId: ids['server'] ?? '',
    };
  }

  /** Reads on until every mark that was written is read. */
  async read(take: () => Promise<readonly SourceTransaction[]>): Promise<void> {
    const records: CollectedRecord[] = [];
    while (this.plays.size < this.#played.length) {
      for (const transaction of await take()) {
        const played = this.#played[this.plays.size];
        if (played === undefined) break;
        if (await isMark(transaction)) {
          this.plays.set(played.first, { ...played, records: records.splice(0) });
          this.lastMark = `${transaction.id}#0`;
        } else if (transaction.hasRows || transaction.schemaChange !== null) {
          records.push(...(await this.#recordsOf(played.first, transaction)));
        }
        transaction.dispose();
      }
    }
  }

  async #recordsOf(
    { options, partitions }: GoldenCase,
    transaction: SourceTransaction,
  ): Promise<CollectedRecord[]> {
    const sink = new CollectingSink({ partitions });
    await encoderOf(options, this.#bench.flavor).encode(transaction, sink).next();
    return sink.records;
  }
}

async function isMark(transaction: SourceTransaction): Promise<boolean> {
  if (!transaction.hasRows) return false;
  for await (const [event] of transaction.rowsEvents()) return event?.table.database === MARKS;
  return false;
}

/**
 * Plays the files; resolves to the play of each script, and of the first value of each section.
 * @param settled called with the message id of the last mark before the tables of a file are dropped: types of MariaDB that
 * the binlog does not tell apart are looked up in its catalogue
 */
export async function playGolden(
  flavor: SourceFlavor,
  files: readonly GoldenFile[],
  settled: (mark: string) => Promise<void>,
): Promise<Map<GoldenCase, GoldenPlay>> {
  const bench = await openBinlogBench(flavor, MARKS, flavor === 'mysql' ? 4011 : 4012);
  try {
    await bench.admin('CREATE TABLE marks (id INT PRIMARY KEY AUTO_INCREMENT)');
    const stream = await bench.open(await bench.now(true), {
      decodeLabel,
      keepsQueryText: true,
      needsColumns: () => true,
    });
    const player = new GoldenPlayer(bench);
    for (const file of files) {
      await player.write(file);
      await player.read(() => stream.take());
      if (player.lastMark !== '') await settled(player.lastMark);
    }
    await player.dropDatabases();
    return player.plays;
  } finally {
    await bench.close();
  }
}
