import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaJars } from '../../scripts/stack/kafka.ts';
import { environmentName } from '../../src/config/options.ts';
import { readWithJava } from '../support/java-reader.ts';
import { ProductPlace, valueOf, type Properties } from '../support/product-place.ts';
import type { ProductRun } from '../support/product-run.ts';
import type { TopicRecord } from '../support/topic-record.ts';

// The configuration blocks of a Maxwell guide, byte for byte. Where the servers are, and names that keep the blocks
// apart, come from the environment, which goes before the file.
const directory = fileURLToPath(new URL('../fixtures/seed/', import.meta.url));
const blocks = readdirSync(directory).map((file) => file.replace(/\.properties$/u, ''));

/** Blocks that need more than the servers of this file. */
const elsewhere = new Set(['4.2-avro']);
/** Two pages at one fixed port: one after the other. */
const alone = new Set(['6.3-jmx', '7.1-monitoring']);
/** Read by Java: the stock consumer of the tests has no snappy. */
const compressed = new Set(['2.3-complete', '4.3-compression', 'maxwell-sample']);

/** Partitioned by columns of the row: the three rows have no order among them. */
const spread = new Set(['3.3-columns', '3.3-primary-key']);

const values = ['one', 'two', 'three'];
let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('seed');
});

afterAll(() => place.close());

interface Setup {
  readonly flavor: 'mysql' | 'mariadb';
  readonly database: string;
  readonly table: string;
  readonly topic: string;
  readonly env: Properties;
}

/** What stands in for the connection settings of 2.1, and what tells this block's stream from the others. */
async function setUp(block: string): Promise<Setup> {
  // 7.4 passes over what was written on server 1, which is the stack's MySQL.
  const flavor = block === '7.4-position' ? 'mariadb' : 'mysql';
  const source = place.replicator(flavor);
  const isBasic = block === '2.1-basic';
  const id = `${place.name}_${block.replaceAll(/\W/g, '_')}`;
  const database = isBasic ? 'test_db' : id;
  const topics: Properties = { '3.2-one-topic': 'mysql_changes', '3.2-topic-by-table': `${id}_table` };
  const topic = topics[block] ?? id;
  const table = block === '3.2-topic-by-table' ? topic : 'rows_of_the_block';
  place.track(id, topic);
  await place.createDatabase(flavor, database);
  await place.sql(
    flavor,
    `CREATE TABLE ${database}.${table} (user_id INT PRIMARY KEY, order_id INT NOT NULL, v VARCHAR(100))`,
  );
  if (topic === 'mysql_changes') await place.deleteTopics([topic]); // data without a position would be refused
  const options: Properties = {
    host: source.host,
    port: String(source.port),
    user: source.user,
    password: source.password,
    'kafka.bootstrap.servers': place.brokers.join(','),
    client_id: id,
    http_port: '0',
    http_bind_address: '127.0.0.1',
    ...(block in topics ? {} : { kafka_topic: id }),
    ...(isBasic ? {} : { filter: `exclude: *.*, include: ${database}.*` }),
    ...(block === '7.4-position' ? { position_file: join(place.dir, 'position.txt') } : {}),
  };
  const env = Object.fromEntries(
    Object.entries(options).map(([name, value]) => [environmentName(name), value]),
  );
  return { flavor, database, table, topic, env };
}

async function readWith(block: string, topic: string): Promise<readonly TopicRecord[]> {
  if (!compressed.has(block)) return place.read([topic], values.length);
  return readWithJava(await kafkaJars(place.stack.dir), place.brokers, topic);
}

/** Starts, replicates three rows, is looked at, and stops as asked. Resolves to the rows as they are in the topic. */
async function replicate(
  block: string,
  look: (run: ProductRun) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const { flavor, database, table, topic, env } = await setUp(block);
  const run = place.launch(['run', '--config', join(directory, `${block}.properties`)], { env });
  await run.logged(/^reading the binlog/);
  for (const [index, value] of values.entries())
    await place.sql(flavor, `INSERT INTO ${database}.${table} VALUES (${index}, ${index * 7}, '${value}')`);
  await run.until(
    async () => Number((await run.status())['rowsTotal']) >= values.length,
    'the rows to be written',
  );
  await look(run);
  expect(await run.stop()).toEqual({ code: 0, signal: null });
  return (await readWith(block, topic)).map(({ value }) => valueOf(value ?? ''));
}

const sideBySide = blocks.filter((block) => !elsewhere.has(block) && !alone.has(block));

describe.concurrent('a block of the guide starts, replicates and stops', () => {
  it.each(sideBySide)('%s', async (block) => {
    const seen = await replicate(block);
    expect(spread.has(block) ? seen.toSorted() : seen).toEqual(
      spread.has(block) ? values.toSorted() : values,
    );
  });
});

describe('a block with a page of metrics at its own port', () => {
  it.each([...alone])('%s', async (block) => {
    const seen = await replicate(block, async (run) => {
      const { status, body } = await run.page('/metrics', 9999);
      expect(status).toBe(200);
      expect(body).toMatch(/^maxwell_lag_in_seconds\S* \d/m);
      expect(body).toMatch(/^kafka_producer_record_send_rate\S* \d/m);
    });
    expect(seen).toEqual(values);
  });
});

it('has a place for every block', () => {
  expect([...sideBySide, ...alone, ...elsewhere].sort()).toEqual([...blocks].sort());
});
