import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorTable } from '../../src/errors.ts';
import { jsonMembers } from '../../src/verify/exact-json.ts';
import { ProductPlace } from '../support/product-place.ts';
import type { ProductRun } from '../support/product-run.ts';
import { hintOf } from '../support/refusal.ts';
import type { TopicRecord } from '../support/topic-record.ts';

const flavors = ['mysql', 'mariadb'] as const;
let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('edge');
});
afterAll(() => place.close());

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** `data` of a record: the names in their order, and the values as they were parsed. */
function dataOf({ value }: TopicRecord): Record<string, unknown> {
  return (JSON.parse(value ?? '{}') as { data: Record<string, unknown> }).data;
}

/** It ends by itself, with the code, what it is about, and the next step. */
async function expectRefused(run: ProductRun, what: string): Promise<void> {
  expect(await run.end(30_000)).toEqual({ code: errorTable.KAFKA_TOPIC_INVALID.exitCode, signal: null });
  for (const part of ['KAFKA_TOPIC_INVALID', what, hintOf('KAFKA_TOPIC_INVALID')])
    expect(run.stderr).toContain(part);
}

describe.each(flavors)('tables at the limits of %s', (flavor) => {
  it('rows of megabytes, events of megabytes, a thousand columns and NULL bitmaps at byte edges', async () => {
    const database = `${place.name}_${flavor}`;
    await place.createDatabase(flavor, database);
    const config = place.config(`limits-${flavor}`, place.replicator(flavor), database);
    await place.lead(config);
    // InnoDB has 1017 columns; a full one of SMALLINT fits its row size.
    const names = Array.from({ length: 1016 }, (_, index) => `c${index}`);
    const nulls = names.map((_, index) => [0, 6, 7, 8, 1015].includes(index) || index % 5 === 0);
    await place.sql(
      flavor,
      `CREATE TABLE ${database}.wide (id INT PRIMARY KEY, ${names.map((name) => `${name} SMALLINT`).join(', ')})`,
      `CREATE TABLE ${database}.large (id INT PRIMARY KEY, t LONGTEXT, b LONGBLOB)`,
      `CREATE TABLE ${database}.many (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(250))`,
      `INSERT INTO ${database}.wide VALUES (1, ${names.map((_, index) => (nulls[index] === true ? 'NULL' : index)).join(', ')})`,
      `INSERT INTO ${database}.large VALUES (1, REPEAT('aß"', 120000), REPEAT('x', 100000))`,
      `UPDATE ${database}.large SET b = REPEAT('y', 100001)`,
      `INSERT INTO ${database}.many (v) VALUES ${Array.from({ length: 12_000 }, () => `(REPEAT('v', 240))`).join(', ')}`,
      `UPDATE ${database}.many SET v = 'w' ORDER BY id DESC LIMIT 7000`,
    );
    const records = await place.read([config['kafka_topic'] ?? ''], 19_003);
    const ofTable = (table: string): TopicRecord[] =>
      records.filter(({ value }) => value?.includes(`"table":"${table}",`) === true);
    const [wide] = ofTable('wide');
    const members = jsonMembers(jsonMembers(wide?.value ?? '').get('data') ?? '');
    expect([...members.keys()]).toEqual(['id', ...names]);
    expect([...members.values()].slice(1)).toEqual(
      names.map((_, index) => (nulls[index] === true ? 'null' : String(index))),
    );
    const [inserted, updated] = ofTable('large');
    const text = digest('aß"'.repeat(120_000));
    expect(digest(String(inserted === undefined ? '' : dataOf(inserted)['t']))).toBe(text);
    expect(digest(String(updated === undefined ? '' : dataOf(updated)['t']))).toBe(text);
    expect(jsonMembers(jsonMembers(updated?.value ?? '').get('old') ?? '').get('b')).toBe(
      JSON.stringify(Buffer.alloc(100_000, 'x').toString('base64')),
    );
    expect(ofTable('many').filter(({ value }) => value?.includes('"v":"w"') === true)).toHaveLength(7000);
  });

  it('odd names in the record, the key, and a topic made of them', async () => {
    const database = `${place.name}_${flavor}_Names`;
    await place.createDatabase(flavor, database);
    const long = 'L'.repeat(64);
    const names = [
      'Quote"d',
      "it's",
      'dot.ted',
      'per%cent',
      '%{database}',
      'ünïcödé',
      '列名',
      'UPPER',
      'upper',
      'back\\slash',
      '__proto__',
      long,
    ];
    const config = place.config(`names-${flavor}`, place.replicator(flavor), database);
    await place.lead(config);
    for (const name of names) {
      await place.sql(
        flavor,
        `CREATE TABLE ${database}.\`${name}\` (\`${name}\` INT, \`İd\` INT, PRIMARY KEY (\`İd\`, \`${name}\`))`,
        `INSERT INTO ${database}.\`${name}\` VALUES (1, 2)`,
      );
    }
    const records = await place.read([config['kafka_topic'] ?? ''], names.length);
    for (const [index, name] of names.entries()) {
      const record = records[index];
      const members = jsonMembers(record?.value ?? '');
      expect([members.get('database'), members.get('table')]).toEqual(
        [database, name].map((each) => JSON.stringify(each)),
      );
      expect([...jsonMembers(members.get('data') ?? '')]).toEqual([
        [name, '1'],
        ['İd', '2'],
      ]);
      // Names of the key are in lower case.
      expect([...jsonMembers(record?.key ?? '').keys()].slice(2)).toEqual([
        `pk.${'İd'.toLowerCase()}`,
        `pk.${name.toLowerCase()}`,
      ]);
    }
  });
});

describe('topics made of table names', () => {
  it('a table whose name Kafka refuses ends the process, which goes on there with another topic', async () => {
    const database = `${place.name}_topics`;
    await place.createDatabase('mysql', database);
    const config = place.config('topics', place.replicator('mysql'), database, {
      kafka_topic: `${place.name}.%{table}`,
    });
    place.track(config['client_id'] ?? '', `${place.name}.plain`, `${place.name}.all`);
    const run = await place.lead(config);
    await place.sql(
      'mysql',
      `CREATE TABLE ${database}.plain (id INT PRIMARY KEY)`,
      `CREATE TABLE ${database}.\`größe %\` (id INT PRIMARY KEY)`,
      `INSERT INTO ${database}.plain VALUES (1)`,
      `INSERT INTO ${database}.\`größe %\` VALUES (1)`,
    );
    await expectRefused(run, 'größe %');
    expect(await place.read([`${place.name}.plain`], 1)).toHaveLength(1);
    await place.lead({ ...config, kafka_topic: `${place.name}.all` });
    const [record] = await place.read([`${place.name}.all`], 1);
    expect(record?.value).toContain('"table":"größe %"');
  });

  it('two names that Kafka takes for one end it too, in place of trying for ever', async () => {
    const database = `${place.name}_clash`;
    await place.createDatabase('mysql', database);
    const config = place.config('clash', place.replicator('mysql'), database, {
      kafka_topic: `${place.name}-%{table}`,
    });
    place.track(config['client_id'] ?? '', `${place.name}-a.b`, `${place.name}-a_b`);
    const run = await place.lead(config);
    await place.sql(
      'mysql',
      `CREATE TABLE ${database}.\`a.b\` (id INT PRIMARY KEY)`,
      `CREATE TABLE ${database}.a_b (id INT PRIMARY KEY)`,
      `INSERT INTO ${database}.\`a.b\` VALUES (1)`,
      `INSERT INTO ${database}.a_b VALUES (1)`,
    );
    await expectRefused(run, `${place.name}-a_b`);
    expect(await place.topicEnd(`${place.name}-a_b`)).toBeNull();
  });
});
