import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace, type Properties } from '../support/product-place.ts';
import type { ProductRun } from '../support/product-run.ts';
import { rawBatches, type RawBatch } from '../support/raw-batches.ts';
import { waitUntil } from '../support/wait-until.ts';

// The whole product with its options at other values than the default; what is looked at is what Kafka and the files hold.
const ROWS = 1500;
const GZIP = 1;

let place: ProductPlace;
let admin: Admin;
let database = '';

beforeAll(async () => {
  place = await ProductPlace.open('opt');
  database = place.name;
  await place.createDatabase('mysql', database);
  admin = new Kafka({ brokers: place.brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
});

afterAll(async () => {
  await admin.disconnect();
  await place.close();
});

const configure = (id: string, changed: Properties): Record<string, string> =>
  place.config(id, place.replicator('mysql'), database, changed);

/** One transaction with that many rows of a hundred bytes. */
const insertMany = (rows: number): Promise<unknown> =>
  place.sql(
    'mysql',
    `INSERT INTO ${database}.t (v) VALUES ${Array.from({ length: rows }, () => `('${'x'.repeat(90)}')`).join(',')}`,
  );

const lastValue = (record: { readonly value: string | null }): string =>
  (JSON.parse(record.value ?? '{}') as { data: { v: string } }).data.v;

async function sampleOf(run: ProductRun, name: string, prefix = ''): Promise<number> {
  const { body } = await run.page(`${prefix}/metrics`);
  return Number(
    body
      .split('\n')
      .find((line) => line.replace(/\{.*\}/u, '').startsWith(`${name} `))
      ?.split(' ')[1] ?? NaN,
  );
}

describe.each(['exactly_once', 'at_least_once'] as const)('%s', (delivery) => {
  let run: ProductRun;
  let topic = '';
  let batches: RawBatch[] = [];

  beforeAll(async () => {
    const config = configure(delivery, {
      delivery,
      // Under exactly_once acks are all whatever is said.
      ...(delivery === 'at_least_once' && { 'kafka.acks': '1' }),
      kafka_topic_partitions: '7',
      'kafka.compression.type': 'gzip',
      'kafka.batch.size': '2000',
      positions_topic: `${place.name}.${delivery}.places`,
      position_heartbeat_ms: '300',
      replica_name: 'teller',
      metrics_slf4j_interval: '1',
      spill_threshold_bytes: '65536',
      spill_directory: place.dir,
    });
    topic = config['kafka_topic'] ?? '';
    place.track(`${place.name}-${delivery}`, `${place.name}.${delivery}.places`);
    run = await place.lead(config);
    await insertMany(ROWS);
    await place.read([topic], ROWS);
    const partitions = await admin.fetchTopicOffsets(topic);
    const used = partitions.find(({ high }) => Number(high) > 0)?.partition ?? 0;
    batches = await rawBatches(place.brokers[0] ?? '', topic, used);
  });

  it('[delivery@exactly_once@at_least_once] rows stand in Kafka transactions, or they do not', () => {
    expect(new Set(batches.map(({ isTransactional }) => isTransactional))).toEqual(
      new Set([delivery === 'exactly_once']),
    );
  });

  it('[kafka.compression.type@exactly_once@at_least_once] batches are compressed', () => {
    expect(new Set(batches.map(({ compression }) => compression))).toEqual(new Set([GZIP]));
  });

  it('[kafka.batch.size@exactly_once@at_least_once] batches are no larger', () => {
    expect(Math.max(...batches.map(({ recordCount }) => recordCount))).toBeLessThan(20);
  });

  it('[kafka_topic_partitions@exactly_once@at_least_once] a topic that is created has so many', async () => {
    expect(await admin.fetchTopicOffsets(topic)).toHaveLength(7);
  });

  it('[positions_topic@exactly_once@at_least_once] holds the position', async () => {
    expect(await place.topicEnd(`${place.name}.${delivery}.places`)).toBeGreaterThan(0);
  });

  it('[position_heartbeat_ms@exactly_once@at_least_once] changes elsewhere move the position', async () => {
    const places = `${place.name}.${delivery}.places`;
    const before = (await place.topicEnd(places)) ?? 0;
    const other = `${place.name}_${delivery}`;
    await place.createDatabase('mysql', other);
    const after = await waitUntil(
      async () => {
        const end = (await place.topicEnd(places)) ?? 0;
        return end > before ? end : null;
      },
      { timeoutMs: 6000, what: 'a position without rows' },
    );
    expect(after).toBeGreaterThan(before);
  });

  it('[kafka.acks@at_least_once] 1: without the sequence that only acks=all can keep', () => {
    const isIdempotent = batches.every(({ producerId }) => producerId >= 0n);
    expect(isIdempotent).toBe(delivery === 'exactly_once');
  });

  it('[spill_threshold_bytes] a larger transaction goes through a file', async () => {
    expect(await sampleOf(run, 'heaviside_spill_bytes_total')).toBeGreaterThan(65_536);
  });

  it('[replica_name] stands in the status and in every line of the log', async () => {
    expect(await run.status()).toMatchObject({ replica: 'teller' });
    expect(run.log.every(({ replica }) => replica === 'teller')).toBe(true);
  });

  it('[metrics_slf4j_interval] metrics go to the log', async () => {
    expect(await run.logged(/^metrics$/)).toHaveProperty('kafka_producer_record_send_rate');
  });
});

describe('at_least_once', () => {
  it('[kafka.enable.idempotence@at_least_once] false: batches have no sequence', async () => {
    const config = configure('plain', { delivery: 'at_least_once', 'kafka.enable.idempotence': 'false' });
    const topic = config['kafka_topic'] ?? '';
    await place.lead(config);
    await place.insert('mysql', database, ['1']);
    await place.read([topic], 1);
    const all = await Promise.all(
      [0, 1, 2, 3].map((each) => rawBatches(place.brokers[0] ?? '', topic, each)),
    );
    expect(all.flat().map(({ producerId }) => producerId)).toEqual([-1n]);
  });
});

describe('exactly_once', () => {
  it('[kafka.linger.ms@exactly_once, kafka_transaction_max_ms@exactly_once] a batch waits to fill', async () => {
    const config = configure('linger', { 'kafka.linger.ms': '2500', kafka_transaction_max_ms: '2500' });
    await place.lead(config);
    await place.insert('mysql', database, ['warm']);
    await place.read([config['kafka_topic'] ?? ''], 1);
    await place.insert('mysql', database, ['late']);
    const insertedAt = Date.now();
    await place.read([config['kafka_topic'] ?? ''], 2);
    expect(Date.now() - insertedAt).toBeGreaterThan(1500);
  });

  it('[on_record_too_large@exactly_once, client_id] skip: the record is left out', async () => {
    const config = configure('small', { on_record_too_large: 'skip' });
    const topic = config['kafka_topic'] ?? '';
    await admin.createTopics({
      topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'max.message.bytes', value: '2000' }] }],
    });
    await place.lead(config);
    await place.sql('mysql', `ALTER TABLE ${database}.t MODIFY v TEXT`);
    await place.insert('mysql', database, ['before', 'x'.repeat(5000), 'after']);
    expect((await place.read([topic], 2)).map(lastValue)).toEqual(['before', 'after']);
    expect(await place.topicEnd(`heaviside.${place.name}-small.positions`)).toBeGreaterThan(0);
  });

  it('[on_partition_change@exactly_once] accept: the stream goes on over more partitions', async () => {
    const config = configure('grown', { on_partition_change: 'accept', kafka_topic_partitions: '1' });
    const topic = config['kafka_topic'] ?? '';
    const run = await place.lead(config);
    await place.insert('mysql', database, ['one']);
    await place.read([topic], 1);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    await sleep(6000); // partition counts are looked at again after five seconds
    await place.insert('mysql', database, ['two']);
    expect((await place.read([topic], 2)).map(lastValue).sort()).toEqual(['one', 'two']);
    expect(run.isRunning).toBe(true);
  });
});

describe('stdout', () => {
  /** Without Kafka. */
  const lines = (id: string, changed: Properties): Record<string, string> => {
    const { 'kafka.bootstrap.servers': _brokers, kafka_topic: _topic, ...config } = configure(id, changed);
    return { ...config, producer: 'stdout' };
  };

  it('[log_level] warn: nothing of less weight is logged', async () => {
    const run = place.run(lines('quiet', { log_level: 'warn' }));
    await run.until(async () => {
      await place.insert('mysql', database, ['shown']);
      return run.lines.length > 0;
    }, 'a row');
    expect(run.log.filter(({ level }) => level === 'info')).toEqual([]);
  });

  it('[init_position] starts there', async () => {
    const [status] = await place.sql('mysql', 'SELECT @@GLOBAL.gtid_executed AS executed');
    await place.insert('mysql', database, ['earlier']);
    const run = await place.lead(
      lines('init', { init_position: String(status?.['executed']).replaceAll('\n', '') }),
    );
    await run.until(() => run.lines.length >= 1, 'the row before the start');
    expect(run.lines[0]).toContain('"v":"earlier"');
  });

  it('[replicate_ignore_server_ids] changes of that server are passed over', async () => {
    const [row] = await place.sql('mysql', 'SELECT @@server_id AS id');
    const run = await place.lead(lines('ignored', { replicate_ignore_server_ids: String(row?.['id']) }));
    await place.insert('mysql', database, ['unseen']);
    await run.until(async () => (await sampleOf(run, 'heaviside_source_bytes_total')) > 0, 'the stream');
    await sleep(1500);
    expect(run.lines).toEqual([]);
  });

  it('[producer, output_file] file: rows are appended to it', async () => {
    const output = join(place.dir, 'rows.jsonl');
    const config = { ...configure('file', { output_file: output }), producer: 'file' };
    const run = await place.lead(config);
    await place.insert('mysql', database, ['kept']);
    const written = (): string => readFileSync(output, 'utf8');
    await run.until(() => written().includes('"v":"kept"'), 'the row in the file');
    expect(written().endsWith('\n')).toBe(true);
  });
});
