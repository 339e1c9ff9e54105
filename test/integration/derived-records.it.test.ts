import { Partitioners } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeLabel } from '../../src/encode/decode-label.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { openBinlogBench, takeOf } from '../support/binlog-bench.ts';
import { encodeTransaction } from '../support/encode-transaction.ts';
import { ProductPlace } from '../support/product-place.ts';

let place: ProductPlace;
let database: string;

beforeAll(async () => {
  place = await ProductPlace.open('derived');
  database = place.name;
  await place.createDatabase('mysql', database);
});

afterAll(() => place.close());

describe('output_tombstones', () => {
  it('leaves no key of a row that is gone in the topic', async () => {
    const config = place.config('tombstones', place.replicator('mysql'), database, {
      output_tombstones: 'true',
      producer_partition_by: 'primary_key',
      kafka_topic_partitions: '5',
    });
    const run = await place.lead(config);
    await place.sql(
      'mysql',
      `INSERT INTO ${database}.t VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
      `DELETE FROM ${database}.t WHERE id = 1`,
      `UPDATE ${database}.t SET id = 4 WHERE id = 2`,
      `UPDATE ${database}.t SET v = 'd' WHERE id = 3`,
    );
    const records = await place.read([config['kafka_topic'] ?? ''], 8);
    await run.stop();
    const last = new Map(records.map((record) => [`${record.partition} ${record.key}`, record]));
    const live = [...last.values()].filter(({ value }) => value !== null).map(({ key }) => key);
    const key = (id: number): string => `{"database":"${database}","table":"t","pk.id":${id}}`;
    expect(new Set(live)).toEqual(new Set([key(3), key(4)]));
    const tombstones = records.filter(({ value }) => value === null);
    const ids = tombstones.map((each) => [each.key, each.messageId.replace(/.*#/, '')] as const);
    expect(tombstones).toHaveLength(2);
    expect(new Map(ids)).toEqual(
      new Map([
        [key(1), '0.t'],
        [key(2), '0.t'],
      ]),
    );
    for (const { key: gone, partition } of tombstones) {
      const former = records.find((each) => each.key === gone && each.value !== null);
      expect(former?.partition).toBe(partition);
    }
  });
});

describe.each(['exactly_once', 'at_least_once'])('dead_letter_topic under delivery=%s', (delivery) => {
  it('gets the key and the reason of a record too large, where Java’s client would put it', async () => {
    const table = `wide_${delivery}`;
    const dead = `${database}.dead.${table}`;
    await place.createTopic(dead, 5);
    const config = place.config(delivery, place.replicator('mysql'), database, {
      delivery,
      dead_letter_topic: `${database}.dead.%{table}`,
    });
    await place.sql('mysql', `CREATE TABLE ${database}.${table} (id INT PRIMARY KEY, v LONGTEXT)`);
    const run = await place.lead(config);
    await place.sql(
      'mysql',
      'BEGIN',
      `INSERT INTO ${database}.${table} VALUES (1, 'a')`,
      `INSERT INTO ${database}.${table} VALUES (2, HEX(RANDOM_BYTES(1000)))`,
      `UPDATE ${database}.${table} SET v = REPEAT('x', 3000000) WHERE id = 2`,
      `INSERT INTO ${database}.${table} VALUES (3, 'c')`,
      'COMMIT',
    );
    const topics = [config['kafka_topic'] ?? '', dead];
    // At least once may write the rows before the letter twice.
    await place.read(topics, 2, ({ topic, messageId }) => topic === dead || messageId.endsWith('#3'));
    const records = await place.read(topics, 4);
    const letters = records.filter(({ topic }) => topic === dead);
    const rows = records.filter(({ topic }) => topic !== dead);
    await run.stop();
    const key = `{"database":"${database}","table":"${table}","pk.id":2}`;
    expect(letters).toMatchObject([
      {
        key,
        value: `{"database":"${database}","table":"${table}","type":"insert","reason":"RecordTooLargeException","data":{"id":2}}`,
      },
    ]);
    const partitionMetadata = Array.from({ length: 5 }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      partitionErrorCode: 0,
      replicas: [0],
      isr: [0],
    }));
    const message = { key: Buffer.from(key), value: null };
    expect(letters[0]?.partition).toBe(
      Partitioners.DefaultPartitioner()({ topic: dead, partitionMetadata, message }),
    );
    const [id = ''] = rows[0]?.messageId.split('#') ?? [];
    expect([...new Set(rows.map(({ messageId }) => messageId))]).toEqual([`${id}#0`, `${id}#1`, `${id}#3`]);
    if (delivery === 'exactly_once') expect(rows).toHaveLength(3);
    expect(letters[0]?.messageId).toBe(`${id}#2`);
  });
});

describe.each(['mysql', 'mariadb'] as const)('on_decode_error=skip with events of %s', (flavor) => {
  it('passes over the rows whose character set is not known, and over nothing else', async () => {
    const bench = await openBinlogBench(flavor, 'heaviside_skip', 4061);
    try {
      await bench.admin('CREATE TABLE odd (Id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET cp850)');
      await bench.admin('CREATE TABLE plain (id INT PRIMARY KEY)');
      const stream = await bench.open(await bench.now(true), { decodeLabel });
      await bench.admin('START TRANSACTION');
      await bench.admin("INSERT INTO odd VALUES (1, NULL), (2, 'secret')");
      await bench.admin('INSERT INTO plain VALUES (3)');
      await bench.admin("UPDATE odd SET v = 'secret' WHERE Id = 1");
      await bench.admin('COMMIT');
      const [transaction] = await takeOf(stream, 'heaviside_skip', 1);
      await stream.close();
      if (transaction === undefined) throw new Error('no transaction');
      const { records, passedOver, summary } = await encodeTransaction(withUnknownCharset(transaction), {
        onDecodeError: 'skip',
        deadLetterTopic: 'dead.%{table}',
      });
      transaction.dispose();
      expect(records.map(({ topic, messageId }) => `${topic} ${messageId.replace(/.*#/, '')}`)).toEqual([
        'maxwell 0',
        'dead.odd 1',
        'maxwell 2',
        'dead.odd 3',
      ]);
      expect(records[0]?.value).toContain('"xoffset":0,');
      expect(records[2]?.value).toContain('"commit":true,');
      expect(JSON.parse(records[1]?.value ?? '')).toMatchObject({ table: 'odd', data: { Id: 2 } });
      expect(passedOver.map(({ table, column }) => `${table}.${column}`)).toEqual(['odd.v', 'odd.v']);
      expect(JSON.stringify([passedOver, records])).not.toContain('secret');
      expect(summary).toMatchObject({ rowsUndecodable: 2, written: { insert: 2, update: 0 } });
    } finally {
      await bench.close();
    }
  });
});

/** The same transaction, whose character columns have a collation that no table of ours knows. */
function withUnknownCharset(transaction: SourceTransaction): SourceTransaction {
  return {
    ...transaction,
    id: transaction.id,
    async *rowsEvents() {
      for await (const group of transaction.rowsEvents()) {
        yield group.map((event) => {
          const columns = event.table.columns.map((column) =>
            column.collation === null ? column : { ...column, collation: 60_000 },
          );
          return { ...event, table: { ...event.table, columns, fingerprint: `${event.table.fingerprint}?` } };
        });
      }
    },
    dispose: () => transaction.dispose(),
  };
}
