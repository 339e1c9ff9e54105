import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseProperties } from '../../src/config/properties.ts';
import { type AvroRecord, avroType, readAvro, splitConfluent } from '../support/avro-reader.ts';
import {
  haReplicaConfig,
  prepareHaPlace,
  removeHaPlace,
  withKafkaAdmin,
  type HaPlace,
} from '../support/ha-place.ts';
import { readWithFastavro } from '../support/fast-avro.ts';
import { LoadConnection } from '../support/load-connection.ts';
import { runProduct } from '../support/product-command.ts';
import { startReplica, type ReplicaProcess } from '../support/replica-process.ts';
import { SchemaRegistryProcess } from '../support/schema-registry-process.ts';
import { TopicValues } from '../support/topic-values.ts';
import { waitUntil } from '../support/wait-until.ts';
import { createTopics } from '../support/create-topics.ts';

/** The guide's block of Avro options, with the registry's address of this test. */
const block = readFileSync(new URL('../fixtures/seed/4.2-avro.properties', import.meta.url), 'utf8');
const TOPIC = 'mysql_avro';

/** Runs in this order: each test goes on where the one before it ended. */
describe('output_format=avro', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heaviside-avro-'));
  let registry: SchemaRegistryProcess;
  const schemas = new Map<number, string>();
  let place: HaPlace;
  let replica: ReplicaProcess;
  let source: LoadConnection;
  let topic: TopicValues;
  let seen = 0;

  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await source.run(statement);
  };

  /** What the registry has under an id; asked for once, as consumers do. */
  const schemaOf = async (id: number): Promise<string> => {
    const schema = schemas.get(id) ?? (await registry.schema(id));
    schemas.set(id, schema);
    return schema;
  };

  /** The next records in the wire format, each with the schema of its id. */
  const nextBodies = async (count: number): Promise<{ id: number; writer: string; body: Buffer }[]> => {
    const values = (await topic.waitFor(seen + count)).slice(seen, seen + count);
    seen += count;
    const bodies: { id: number; writer: string; body: Buffer }[] = [];
    for (const { value } of values) {
      const { id, body } = splitConfluent(value);
      bodies.push({ id, writer: await schemaOf(id), body });
    }
    return bodies;
  };

  /** The next records as their own schema has them. */
  const next = async (count: number): Promise<AvroRecord[]> =>
    (await nextBodies(count)).map(({ writer, body }) => readAvro(avroType(writer), body));

  const logged = (text: string): number =>
    replica.logLines().filter(({ msg, message }) => (message ?? msg) === text).length;

  const failedTries = async (): Promise<number> => {
    const page = await fetch(`http://127.0.0.1:${replica.httpPort}/metrics`, {
      headers: { connection: 'close' },
    });
    const line = /^heaviside_errors_total\{[^}]*code="SCHEMA_REGISTRY_UNREACHABLE"[^}]*\} (\d+)$/m;
    return Number(line.exec(await page.text())?.[1] ?? 0);
  };

  beforeAll(async () => {
    registry = await SchemaRegistryProcess.start();
    place = {
      ...(await prepareHaPlace({ flavor: 'mysql', brokers: 1, redisUrls: null, redisNodes: 1 })),
      topic: TOPIC,
    };
    await withKafkaAdmin(place.brokers, async (admin) => {
      await admin.deleteTopics({ topics: [TOPIC] }).catch(() => undefined);
      await waitUntil(async () => !(await admin.listTopics()).includes(TOPIC), {
        timeoutMs: 20_000,
        what: 'an end of the topic',
      });
      await createTopics(admin, [{ topic: TOPIC, numPartitions: 1 }]);
    });
    source = new LoadConnection(place.source, 'mysql');
    await source.open();
    const { database } = place;
    await run(`CREATE DATABASE ${database}`, `USE ${database}`);
    const guide = Object.fromEntries(parseProperties(block).map(({ key, value }) => [key, value]));
    const config = { ...haReplicaConfig(place), ...guide, avro_schema_registry_url: registry.url };
    expect(guide).toMatchObject({ output_format: 'avro', kafka_topic: TOPIC });
    replica = await startReplica({ name: 'avro', config, folder });
    await replica.waitForRole('leader', 30_000);
    topic = await TopicValues.open(place.brokers, TOPIC);
  });

  afterAll(async () => {
    await replica?.stop();
    await topic?.close();
    source?.close();
    await registry?.close();
    if (place !== undefined) await removeHaPlace(place);
    rmSync(folder, { recursive: true, force: true });
  });

  it('[output_format, avro_schema_registry_url] replicates inserts, updates and deletes, with the values that were written', async () => {
    await run(
      `CREATE TABLE item (id BIGINT PRIMARY KEY, big BIGINT UNSIGNED, price DECIMAL(30,4), name VARCHAR(50) CHARACTER SET utf8mb4,
        state ENUM('new','sold'), tags SET('a','b','c'), doc JSON, pixel VARBINARY(10), flags BIT(9), ratio DOUBLE, small FLOAT,
        day DATE, at DATETIME(6), stamp TIMESTAMP(3) NULL, span TIME, y YEAR, place POINT, nothing INT)`,
      `INSERT INTO item VALUES (-9223372036854775808, 18446744073709551615, -12345678901234567890123456.7891, 'Grüße "😁"', 'sold',
        'a,c', '{"b": [1, 2.5], "a": null}', x'00ff10', b'100000001', 0.1, 1.1, '2024-02-29', '2024-02-29 23:59:59.123456',
        '2024-02-29 01:02:03.004', '-838:59:59', 2024, ST_GeomFromText('POINT(3 2)'), NULL)`,
      `UPDATE item SET name = 'x', nothing = 1`,
      `DELETE FROM item`,
    );
    const data = {
      id: -(2n ** 63n),
      big: '18446744073709551615',
      price: '-12345678901234567890123456.7891',
      name: 'Grüße "😁"',
      state: 'sold',
      tags: ['a', 'c'],
      doc: '{"a":null,"b":[1,2.5]}',
      pixel: Buffer.from('00ff10', 'hex'),
      flags: 257n,
      ratio: 0.1,
      small: 1.1,
      day: '2024-02-29',
      at: '2024-02-29 23:59:59.123456',
      stamp: '2024-02-29 01:02:03.004',
      span: '-838:59:59',
      y: 2024n,
      place: 'POINT (3 2)',
      nothing: null,
    };
    const [inserted, updated, deleted] = await next(3);
    expect(inserted).toMatchObject({
      database: place.database,
      table: 'item',
      type: 'insert',
      commit: true,
      xoffset: null,
      old: null,
    });
    expect(inserted?.data).toEqual(data);
    expect(updated?.type).toBe('update');
    expect(updated?.data).toEqual({ ...data, name: 'x', nothing: 1n });
    expect(updated?.old).toMatchObject({ name: data.name, nothing: null, id: null });
    expect(updated?.old_columns).toEqual(['name', 'nothing']);
    expect(deleted).toMatchObject({ type: 'delete', data: { name: 'x', nothing: 1n } });
    expect(JSON.parse(topic.values[0]?.key ?? '')).toMatchObject({ database: place.database, table: 'item' });
    expect(await registry.subjects()).toEqual([`${TOPIC}-${place.database}.item`]);
  });

  it('follows ALTER TABLE: each record has the schema of its time, and a former one can be read by the latest', async () => {
    await run(
      'CREATE TABLE story (id INT PRIMARY KEY, a VARCHAR(10), gone INT)',
      "INSERT INTO story VALUES (1, 'one', 1)",
      'ALTER TABLE story ADD COLUMN fresh DATETIME, DROP COLUMN gone, MODIFY a TEXT, MODIFY id BIGINT',
      "INSERT INTO story VALUES (2, 'two', '2024-01-01 00:00:00')",
    );
    const records = await next(2);
    expect(records.map(({ data }) => data)).toEqual([
      { id: 1n, a: 'one', gone: 1n },
      { id: 2n, a: 'two', fresh: '2024-01-01 00:00:00' },
    ]);
    const [former, latest] = topic.values.slice(seen - 2).map(({ value }) => splitConfluent(value));
    if (former === undefined || latest === undefined) throw new Error('no records');
    expect(former.id).not.toBe(latest.id);
    const reader = avroType(await registry.schema(latest.id));
    const resolver = reader.createResolver(avroType(await registry.schema(former.id)));
    expect(reader.fromBuffer(former.body, resolver)).toMatchObject({
      data: { id: 1n, a: 'one', fresh: null },
    });
  });

  it('is read by the consumer of the documentation', async () => {
    const page = readFileSync(new URL('../../docs/avro.md', import.meta.url), 'utf8');
    const example = (/```js\n(.*?)```/s.exec(page)?.[1] ?? '')
      .replace('http://schema-registry:8081', registry.url)
      .replace('kafka:9092', place.brokers[0] ?? '')
      .replace("'shop'", `'${place.clientId}'`);
    const cwd = fileURLToPath(new URL('../..', import.meta.url)); // its imports are found there
    const consumer = spawn(process.execPath, ['--input-type=module', '-e', example], { cwd });
    let printed = '';
    consumer.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
    const hasAll = (): boolean =>
      printed
        .trim()
        .split('\n')
        .filter((line) => /^(item|story) /.test(line)).length >= seen;
    try {
      await waitUntil(hasAll, { timeoutMs: 60_000, what: 'the output of the example' });
    } finally {
      const ended = once(consumer, 'close');
      consumer.kill('SIGKILL');
      await ended;
    }
    expect(printed).toContain('item insert -9223372036854775808n');
  });

  it('lets old and new consumers read all of a stream in the middle of which its table changes', async () => {
    await run(
      "CREATE TABLE ev (id INT PRIMARY KEY, a VARCHAR(10), gone INT, price DECIMAL(10,2), state ENUM('new','sold'))",
    );
    const writer = new LoadConnection(place.source, 'mysql');
    await writer.open();
    let isWriting = true;
    const writing = (async () => {
      let id = 0;
      for (; isWriting; await sleep(3))
        await writer.run(`INSERT INTO ${place.database}.ev (id) VALUES (${++id})`);
      return id;
    })();
    const changes = [
      ["ALTER TABLE ev COMMENT 'as it was'", "(100001, 'x', 7, 1.50, 'sold')"],
      ['ALTER TABLE ev ADD COLUMN fresh DATETIME', "(100002, 'x', 7, 1.50, 'sold', '2024-01-01 00:00:00')"],
      ['ALTER TABLE ev MODIFY id BIGINT', "(5000000000, 'x', 7, 1.50, 'sold', NULL)"],
      ['ALTER TABLE ev MODIFY a VARCHAR(300)', `(100004, '${'y'.repeat(300)}', 7, 1.50, 'sold', NULL)`],
      ['ALTER TABLE ev MODIFY price DECIMAL(20,2)', "(100005, 'x', 7, 123456789012345678.90, 'sold', NULL)"],
      ["ALTER TABLE ev MODIFY state ENUM('new','sold','lost')", "(100006, 'x', 7, 1.50, 'lost', NULL)"],
      ['ALTER TABLE ev DROP COLUMN gone', "(100007, 'x', 1.50, 'lost', NULL)"],
      ['ALTER TABLE ev RENAME COLUMN a TO b', "(100008, 'z', 1.50, 'lost', NULL)"],
    ] as const;
    for (const [alter, values] of changes) {
      await run(alter, `INSERT INTO ev VALUES ${values}`);
      await sleep(30);
    }
    isWriting = false;
    const small = await writing;
    writer.close();
    const bodies = await nextBodies(small + changes.length);
    const versions = [...new Map(bodies.map(({ id, writer: schema }) => [id, schema])).values()];
    expect(versions).toHaveLength(5); // what became longer, wider or got another member is no other type
    const readBy = async (reader: string | null): Promise<AvroRecord[]> =>
      (await readWithFastavro(
        bodies.map(({ writer: schema, body }) => ({ writer: schema, reader, body })),
      )) as AvroRecord[];
    const [own, byFirst, byLast] = [
      await readBy(null),
      await readBy(versions[0] ?? ''),
      await readBy(versions.at(-1) ?? ''),
    ];
    for (const records of [own, byFirst, byLast]) {
      const ids = records.map(({ data }) => Number(data['id']));
      expect(ids.filter((id) => id < 100_000)).toEqual(
        Array.from({ length: small }, (_, index) => index + 1),
      );
      expect(ids.filter((id) => id > 100_000)).toEqual([
        100_001, 100_002, 5e9, 100_004, 100_005, 100_006, 100_007, 100_008,
      ]);
    }
    const rows = (records: AvroRecord[]): unknown[] =>
      records.map(({ data }) => data).filter(({ id }) => (id as bigint) > 100_000n);
    const long = 'y'.repeat(300);
    const shown = (a: string | null, gone: bigint | null, price: string, state: string): object => ({
      a,
      gone,
      price,
      state,
    });
    expect(rows(byFirst)).toEqual([
      { id: 100_001n, ...shown('x', 7n, '1.50', 'sold') },
      { id: 100_002n, ...shown('x', 7n, '1.50', 'sold') },
      { id: 5_000_000_000n, ...shown('x', 7n, '1.50', 'sold') },
      { id: 100_004n, ...shown(long, 7n, '1.50', 'sold') },
      { id: 100_005n, ...shown('x', 7n, '123456789012345678.90', 'sold') },
      { id: 100_006n, ...shown('x', 7n, '1.50', 'lost') },
      { id: 100_007n, ...shown('x', null, '1.50', 'lost') },
      { id: 100_008n, ...shown(null, null, '1.50', 'lost') }, // a renamed column is another one
    ]);
    const latest = { b: null, price: '1.50', state: 'sold', fresh: null };
    expect(rows(byLast)).toEqual([
      { id: 100_001n, ...latest },
      { id: 100_002n, ...latest, fresh: '2024-01-01 00:00:00' },
      { id: 5_000_000_000n, ...latest },
      { id: 100_004n, ...latest },
      { id: 100_005n, ...latest, price: '123456789012345678.90' },
      { id: 100_006n, ...latest, state: 'lost' },
      { id: 100_007n, ...latest, state: 'lost' },
      { id: 100_008n, ...latest, state: 'lost', b: 'z' },
    ]);
    expect(rows(own)[1]).toEqual({
      id: 100_002n,
      ...shown('x', 7n, '1.50', 'sold'),
      fresh: '2024-01-01 00:00:00',
    });
  });

  it('goes on with known schemas while the registry is down, and waits with a new one on open connections', async () => {
    await registry.stop();
    const readings = logged('reading the binlog');
    await run("INSERT INTO story VALUES (3, 'three', NULL)");
    expect((await next(1))[0]?.data).toMatchObject({ id: 3n });
    await run(
      "INSERT INTO story VALUES (4, 'four', NULL)",
      'CREATE TABLE late (id INT PRIMARY KEY)',
      'BEGIN',
      "INSERT INTO story VALUES (40, 'of the transaction that waits', NULL)",
      'INSERT INTO late VALUES (1), (2)',
      'COMMIT',
      "INSERT INTO story VALUES (5, 'five', NULL)",
    );
    expect((await next(1))[0]?.data).toMatchObject({ id: 4n });
    await waitUntil(async () => (await failedTries()) >= 3, { timeoutMs: 20_000, what: 'a third try' });
    expect(logged('the schema registry is away; the stream waits for it')).toBeGreaterThan(0);
    expect(topic.values).toHaveLength(seen);
    expect((await replica.status())?.role).toBe('leader');
    const check = await runProduct(['check', '--config', replica.configFile]);
    expect(check.stdout).toMatch(/FAIL\] schema registry: the schema registry does not answer/);
    await registry.startAgain();
    const records = await next(4);
    expect(records.map(({ table, data }) => `${table} ${String(data['id'])}`)).toEqual([
      'story 40',
      'late 1',
      'late 2',
      'story 5',
    ]);
    const checkAgain = await runProduct(['check', '--config', replica.configFile]);
    expect(checkAgain.stdout).toContain('[ ok ] schema registry: it answers');
    expect(logged('reading the binlog')).toBe(readings);
    expect(await failedTries()).toBeLessThan(60);
  });

  it('is blocked by a schema that the registry refuses, until an operator has let it in', async () => {
    await run(
      'ALTER TABLE story DROP COLUMN fresh, DROP COLUMN a, ADD COLUMN a INT',
      'INSERT INTO story VALUES (6, 66)',
    );
    const { blocked } = await replica.waitForRole('blocked', 30_000);
    expect(blocked).toMatchObject({ code: 'AVRO_SCHEMA_INCOMPATIBLE' });
    expect(topic.values).toHaveLength(seen);
    await registry.setCompatibility('NONE');
    const { position } = blocked as { position: string };
    const unblocked = await runProduct(['position', 'set', position, '--config', replica.configFile]);
    expect(unblocked).toMatchObject({ code: 0 });
    expect((await next(1))[0]?.data).toEqual({ id: 6n, a: 66n });
  });
});
