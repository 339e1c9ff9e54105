import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace } from '../support/product-place.ts';
import { TopicTail } from '../support/topic-tail.ts';
import { waitUntil } from '../support/wait-until.ts';

const PATIENCE_MS = 30_000;
const ROWS = 2000;

interface Message {
  readonly table: string;
  readonly type: string;
  readonly comment?: string;
  readonly data: { readonly id?: number };
}

describe.concurrent.each(['mysql', 'mariadb'] as const)("Maxwell's bootstrap table on %s", (flavor) => {
  let place: ProductPlace;
  let tail: TopicTail | null = null;

  beforeAll(async () => {
    place = await ProductPlace.open(`bootstrap_${flavor}`);
  });
  afterAll(async () => {
    await tail?.close();
    await place.close();
  });

  const messages = (): Message[] =>
    (tail?.records ?? []).map(({ value }) => JSON.parse(value ?? '') as Message);

  /** Types of the records with a comment, and the ids of its rows. */
  const written = (comment: string): { marks: string[]; ids: number[] } => {
    const all = messages().filter((message) => message.comment === comment);
    return {
      marks: all.map(({ type }) => type).filter((type) => type !== 'bootstrap-insert'),
      ids: all.flatMap(({ data }) => data.id ?? []),
    };
  };

  it('asks for snapshots, each carried out once: without leave to write, with nobody there, with the leader killed', async () => {
    const [database, schema] = [`${place.name}_d`, `${place.name}_s`];
    await place.createDatabase(flavor, database);
    await place.createDatabase(flavor, schema);
    const values = Array.from({ length: ROWS }, (_, index) => `(${index + 1}, 'v')`);
    await place.sql(flavor, `INSERT INTO ${database}.t VALUES ${values.join(', ')}`);
    await place.sql(
      flavor,
      `CREATE TABLE ${schema}.bootstrap (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
        database_name VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL, where_clause TEXT,
        is_complete TINYINT(1) UNSIGNED NOT NULL DEFAULT 0, inserted_rows BIGINT UNSIGNED NOT NULL DEFAULT 0,
        total_rows BIGINT UNSIGNED NOT NULL DEFAULT 0, created_at DATETIME, started_at DATETIME, completed_at DATETIME,
        binlog_file VARCHAR(255), binlog_position INT UNSIGNED DEFAULT 0,
        client_id VARCHAR(255) CHARACTER SET latin1 NOT NULL DEFAULT 'maxwell', comment VARCHAR(255))`,
    );
    const config = place.config('r', place.replicator(flavor), database, {
      schema_database: schema,
      filter: `exclude: *.*, include: ${database}.*, include: ${schema}.bootstrap`,
      snapshot_max_rows_per_second: '2000',
    });
    const [topic, clientId] = [config['kafka_topic'] ?? '', config['client_id'] ?? ''];
    const ask = (columns: Record<string, string>): Promise<unknown> => {
      const row = { database_name: database, table_name: 't', client_id: clientId, ...columns };
      const texts = Object.values(row).map((value) => `'${value}'`);
      const names = Object.keys(row).join(', ');
      return place.sql(flavor, `INSERT INTO ${schema}.bootstrap (${names}) VALUES (${texts.join(', ')})`);
    };
    const state = (): Promise<Record<string, unknown>[]> =>
      place.sql(
        flavor,
        `SELECT id, is_complete, inserted_rows, total_rows, started_at IS NOT NULL AS is_started,
          completed_at IS NOT NULL AS is_completed FROM ${schema}.bootstrap ORDER BY id`,
      );

    // Before the cluster's first start.
    await ask({ where_clause: 'id <= 100', comment: 'first' });
    await ask({ client_id: `${clientId}-other`, comment: 'other' });
    await ask({ client_id: clientId.toUpperCase(), comment: 'other' });
    await ask({ table_name: 'no_such_table' });
    await ask({ where_clause: 'no_such_column = 1' });
    await place.createTopic(topic);
    tail = await TopicTail.open(place.brokers, [topic]);
    const first = place.run(config);
    await first.logged(/^the bootstrap table cannot be written/, PATIENCE_MS);
    const isGivenUp = async (): Promise<boolean> =>
      JSON.stringify((await first.status())['snapshots']).includes("Unknown column 'no_such_column'");
    await first.until(isGivenUp, 'the end of what cannot be read', PATIENCE_MS);
    const unfit = first.log.find(({ code }) => code === 'SNAPSHOT_UNFIT');
    expect(unfit).toMatchObject({ error: 'there is no such table' });
    expect((await state()).map((row) => Number(row['is_complete']))).toEqual([0, 0, 0, 0, 0]);

    // The leader dies on the way, and nobody is there for the next.
    await ask({ comment: 'whole', total_rows: '1999' });
    await first.until(() => written('whole').ids.length > 300, 'the rows of the whole table', PATIENCE_MS);
    first.kill('SIGKILL');
    await first.ended;
    expect(first.log.filter(({ message }) => /cannot be written/.test(String(message)))).toHaveLength(1);
    await ask({ where_clause: 'id > 1990', comment: 'nobody' });
    const { user, password } = place.server(flavor);
    const second = await place.lead({ ...config, user, password });
    const isDone = async (): Promise<boolean> =>
      (await state()).filter((row) => Number(row['is_complete']) === 1).length === 5;
    await second.until(isDone, 'all of ours to be complete', PATIENCE_MS);
    const shown = (await state()).map((row) => Object.values(row).map(Number));
    expect(shown).toEqual([
      [1, 1, 100, 100, 1, 1],
      [2, 0, 0, 0, 0, 0],
      [3, 0, 0, 0, 0, 0],
      [4, 1, 0, 0, 1, 1],
      [5, 1, 0, 0, 1, 1],
      [6, 1, ROWS, 1999, 1, 1],
      [7, 1, 10, 10, 1, 1],
    ]);

    // Behind a last row of the stream nothing follows.
    await place.insert(flavor, database, ['end']);
    const isEnd = ({ value }: { value: string | null }): boolean => value?.includes('"v":"end"') === true;
    await waitUntil(() => tail?.records.some(isEnd), { timeoutMs: PATIENCE_MS, what: 'the end' });
    await second.stop();
    const upTo = (from: number, to: number): number[] =>
      Array.from({ length: to - from + 1 }, (_, index) => from + index);
    const marks = ['bootstrap-start', 'bootstrap-complete'];
    expect(written('first')).toEqual({ marks, ids: upTo(1, 100) });
    expect(written('whole')).toEqual({ marks, ids: upTo(1, ROWS) });
    expect(written('nobody')).toEqual({ marks, ids: upTo(1991, ROWS) });
    expect(written('other')).toEqual({ marks: [], ids: [] });
    const requests = messages().filter(({ table }) => table === 'bootstrap');
    expect(requests.map(({ type }) => type)).toEqual(['insert', 'insert']);
  });
});
