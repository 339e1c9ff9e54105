import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
import { LoadConnection } from '../support/load-connection.ts';
import { runProduct } from '../support/product-command.ts';
import { startReplica, type ReplicaProcess } from '../support/replica-process.ts';
import { SchemaRegistryProcess } from '../support/schema-registry-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { TopicValues } from '../support/topic-values.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The guide's block of Avro options, with the registry's address of this test. */
const block = readFileSync(new URL('../fixtures/seed/4.2-avro.properties', import.meta.url), 'utf8');
const TOPIC = 'mysql_avro';

/** Runs in this order: each test goes on where the one before it ended. */
describe('output_format=avro', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heaviside-avro-'));
  let registry: SchemaRegistryProcess;
  let isRegistryAway = false;
  let proxy: TcpProxy;
  let place: HaPlace;
  let replica: ReplicaProcess;
  let source: LoadConnection;
  let topic: TopicValues;
  let seen = 0;

  const run = async (...statements: readonly string[]): Promise<void> => {
    for (const statement of statements) await source.run(statement);
  };

  /** The next records, each read with the schema that the registry has under its id. */
  const next = async (count: number): Promise<AvroRecord[]> => {
    const values = (await topic.waitFor(seen + count)).slice(seen, seen + count);
    seen += count;
    const records: AvroRecord[] = [];
    for (const { value } of values) {
      const { id, body } = splitConfluent(value);
      records.push(readAvro(avroType(await registry.schema(id)), body));
    }
    return records;
  };

  beforeAll(async () => {
    registry = await SchemaRegistryProcess.start();
    proxy = await TcpProxy.open({ host: '127.0.0.1', port: registry.port }, () =>
      isRegistryAway ? 'cut' : 'relay',
    );
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
      await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }], waitForLeaders: true });
    });
    source = new LoadConnection(place.source, 'mysql');
    await source.open();
    const { database } = place;
    await run(`CREATE DATABASE ${database}`, `USE ${database}`);
    const url = `http://127.0.0.1:${proxy.port}${new URL(registry.url).pathname}`;
    const guide = Object.fromEntries(parseProperties(block).map(({ key, value }) => [key, value]));
    const config = { ...haReplicaConfig(place), ...guide, avro_schema_registry_url: url };
    expect(guide).toMatchObject({ output_format: 'avro', kafka_topic: TOPIC });
    replica = await startReplica({ name: 'avro', config, folder });
    await replica.waitForRole('leader', 30_000);
    topic = await TopicValues.open(place.brokers, TOPIC);
  });

  afterAll(async () => {
    await replica?.stop();
    await topic?.close();
    source?.close();
    await proxy?.close();
    await registry?.stop();
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

  it('goes on with known schemas while the registry is away, and waits with a new one', async () => {
    isRegistryAway = true;
    await run("INSERT INTO story VALUES (3, 'three', NULL)");
    expect((await next(1))[0]?.data).toMatchObject({ id: 3n });
    await run(
      "INSERT INTO story VALUES (4, 'four', NULL)",
      'CREATE TABLE late (id INT PRIMARY KEY)',
      'INSERT INTO late VALUES (1), (2)',
      "INSERT INTO story VALUES (5, 'five', NULL)",
    );
    expect((await next(1))[0]?.data).toMatchObject({ id: 4n });
    const readings = (): number =>
      replica.logLines().filter(({ msg, message }) => (message ?? msg) === 'reading the binlog').length;
    const before = readings();
    await waitUntil(() => readings() >= before + 2, { timeoutMs: 20_000, what: 'a second try' });
    expect(replica.logLines().some(({ code }) => code === 'SCHEMA_REGISTRY_UNREACHABLE')).toBe(true);
    expect(topic.values).toHaveLength(seen);
    expect((await replica.status())?.role).toBe('leader');
    const check = await runProduct(['check', '--config', replica.configFile]);
    expect(check.stdout).toMatch(/FAIL\] schema registry: the schema registry does not answer/);
    isRegistryAway = false;
    const checkAgain = await runProduct(['check', '--config', replica.configFile]);
    expect(checkAgain.stdout).toContain('[ ok ] schema registry: it answers');
    const records = await next(3);
    expect(records.map(({ table, data }) => `${table} ${String(data['id'])}`)).toEqual([
      'late 1',
      'late 2',
      'story 5',
    ]);
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
