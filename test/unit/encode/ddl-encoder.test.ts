import { describe, expect, it } from 'vitest';
import { TransactionEncoder } from '../../../src/encode/transaction-encoder.ts';
import { DdlEncoder } from '../../../src/encode/ddl/ddl-encoder.ts';
import { DdlJson } from '../../../src/encode/ddl/ddl-json.ts';
import { defaultEncodeOptions, type EncodeOptions } from '../../../src/encode/encode-options.ts';
import type { SourceTransaction } from '../../../src/model/transaction.ts';
import { TableFilter } from '../../../src/transform/table-filter.ts';
import { type CollectedRecord, CollectingSink } from '../../support/collecting-sink.ts';
import { column, image, int32, rowsEvent, table, transaction } from '../../support/row-image-bytes.ts';
import { mysqlFacts, schemaChange } from '../../support/shown-definition.ts';

interface Encoded {
  readonly records: readonly CollectedRecord[];
  readonly passedOver: readonly unknown[];
  readonly leftOut: readonly string[];
}

const ddl = (sql: string, more: Partial<SourceTransaction> = {}): SourceTransaction =>
  transaction([], { hasRows: false, xid: null, schemaChange: schemaChange(sql), ...more });

function ddlEncoder(options: EncodeOptions): Omit<Encoded, 'records'> & { readonly ddl: DdlEncoder } {
  const filter = new TableFilter(options.filter);
  const passedOver: unknown[] = [];
  const leftOut: string[] = [];
  const encoder = new DdlEncoder({
    encode: options,
    includes: (database, name) => filter.verdict(database, name, []).kind !== 'exclude',
    writer: new DdlJson(options),
    facts: mysqlFacts,
    snapshot: null,
    onPassedOver: (where) => passedOver.push(where),
    onLeftOut: (message) => leftOut.push(message),
  });
  return { ddl: encoder, passedOver, leftOut };
}

async function encode(
  transactions: readonly SourceTransaction[],
  changed: Partial<EncodeOptions> = {},
): Promise<Encoded> {
  const options = { ...defaultEncodeOptions, ...changed };
  const { ddl: encoder, ...more } = ddlEncoder(options);
  const sink = new CollectingSink({ partitions: 16 });
  const whole = new TransactionEncoder(options, undefined, { ddl: encoder });
  for (const each of transactions) {
    const steps = whole.encode(each, sink);
    while ((await steps.next()).done !== true);
  }
  return { records: sink.records, ...more };
}

const types = ({ records }: Encoded): string[] =>
  records.map(({ value }) => String((JSON.parse(value) as { readonly type: string }).type));

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('DDL records', () => {
  it('are those of the reference', async () => {
    const { records } = await encode([
      ddl('create database shop charset utf8mb4'),
      ddl('create table t (id int primary key, d datetime)'),
      ddl('drop database shop'),
    ]);
    expect(records.map(({ value }) => value)).toEqual([
      '{"type":"database-create","database":"shop","charset":"utf8mb4","ts":1700000000000,"sql":"create database shop charset utf8mb4"}',
      '{"type":"table-create","database":"shop","table":"t","def":{"database":"shop","charset":"utf8mb4","table":"t","columns":[{"type":"int","name":"id","signed":true},{"type":"datetime","name":"d","column-length":0}],"primary-key":["id"]},"ts":1700000000000,"sql":"create table t (id int primary key, d datetime)"}',
      '{"type":"database-drop","database":"shop","ts":1700000000000,"sql":"drop database shop"}',
    ]);
  });

  it('show position, gtid and message_id in their places, and labels in their member', async () => {
    const all = { outputBinlogPosition: true, outputGtidPosition: true, outputMessageId: true };
    const { records } = await encode([ddl("CREATE TABLE t (e ENUM('a\"','ü')) CHARSET latin1")], all);
    expect(records[0]?.value).toBe(
      '{"type":"table-create","database":"shop","table":"t","def":{"database":"shop","charset":"latin1","table":"t","columns":[{"type":"enum","name":"e","enum-values":["a\\"","ü"]}],"primary-key":[]},"ts":1700000000000,"sql":"CREATE TABLE t (e ENUM(\'a\\"\',\'ü\')) CHARSET latin1","position":"binlog.000007:1234","gtid":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23","message_id":"3e11fa47-71ca-11e1-9e33-c80aa9429562:23#0"}',
    );
    const [byFile] = (await encode([ddl('TRUNCATE t', { gtid: null })], all)).records;
    expect(byFile?.value).toContain('"gtid":null');
  });

  it('have a key that looks random and is the same in a replay', async () => {
    const change = ddl('DROP TABLE a, b');
    const first = (await encode([change])).records;
    const again = (await encode([change])).records;
    expect(first.map(({ key }) => key)).toEqual(again.map(({ key }) => key));
    for (const { key } of first) expect(key).toMatch(UUID);
    expect(new Set(first.map(({ key }) => key)).size).toBe(2);
  });

  it('are numbered before the filter, and apart from the rows of their transaction', async () => {
    const id = transaction([]).id;
    const drop = await encode([ddl('DROP TABLE a, b, c')], { filter: 'exclude: shop.b' });
    expect(drop.records.map(({ messageId }) => messageId)).toEqual([`${id}#0`, `${id}#0.2`]);
    const made = table([column('id', 3)]);
    const create = transaction([[rowsEvent('insert', { table: made, rows: image(int32(1)) })]], {
      schemaChange: schemaChange('CREATE TABLE item (id int)'),
    });
    const { records } = await encode([create]);
    expect(records.map(({ messageId }) => messageId)).toEqual([`${id}#ddl`, `${id}#0`]);
  });

  it('are not written again where a split transaction goes on, and count all the same', async () => {
    const { ddl: encoder } = ddlEncoder(defaultEncodeOptions);
    const sink = new CollectingSink();
    await encoder.encode(ddl('CREATE TABLE t (a INT) CHARSET latin1'), sink, true);
    expect(sink.records).toEqual([]);
    await encoder.encode(ddl('ALTER TABLE t ADD b INT'), sink, false);
    expect(sink.records.map(({ value }) => JSON.parse(value) as object)).toMatchObject([
      { old: { columns: [{ name: 'a' }] }, def: { columns: [{ name: 'a' }, { name: 'b' }] } },
    ]);
  });

  it('are filtered by table, by database with an empty table, and by both names of a rename', async () => {
    const statements = [
      ddl('CREATE DATABASE shop'),
      ddl('CREATE TABLE a (id int)'),
      ddl('RENAME TABLE a TO b'),
      ddl('ALTER TABLE b RENAME TO c'),
      ddl('RENAME TABLE c TO d'),
    ];
    const filter = 'exclude: *.*, include: shop.a, include: shop.c, include: shop.d';
    expect(types(await encode(statements, { filter }))).toEqual(['table-create', 'table-alter']);
    expect(types(await encode(statements, { filter: 'exclude: shop./^$/' }))).not.toContain(
      'database-create',
    );
    expect(types(await encode([ddl('DROP TABLE mysql.ha_health_check')]))).toEqual([]);
  });

  it('go where ddl_kafka_topic says, with the names filled in', async () => {
    const statements = [ddl('CREATE DATABASE shop'), ddl('CREATE TABLE a (id int)')];
    const topics = async (changed: Partial<EncodeOptions>): Promise<string[]> =>
      (await encode(statements, changed)).records.map(({ topic }) => topic);
    expect(await topics({})).toEqual(['maxwell', 'maxwell']);
    expect(await topics({ topic: 'x.%{database}.%{table}' })).toEqual(['x.shop.', 'x.shop.a']);
    expect(await topics({ ddlTopic: 'ddl_%{type}_%{database}' })).toEqual([
      'ddl_database-create_shop',
      'ddl_table-create_shop',
    ]);
  });

  it('are left out, with a word of it, where the names make no legal topic', async () => {
    const { records, leftOut } = await encode(
      [ddl('CREATE DATABASE shop'), ddl('CREATE TABLE `ü` (id int)'), ddl('TRUNCATE a')],
      { topic: '%{table}' },
    );
    expect(records.map(({ topic }) => topic)).toEqual(['a']);
    expect(leftOut).toHaveLength(2);
  });

  it('are partitioned by the table where rows are, else by the database', async () => {
    const partitions = async (partitionBy: EncodeOptions['partitionBy']): Promise<number[]> =>
      (await encode([ddl('DROP DATABASE test'), ddl('TRUNCATE test.shard_1')], { partitionBy })).records.map(
        ({ partition }) => partition,
      );
    // String.hashCode of the reference: test 3556498, shard_1 2054216720; mod 16
    expect(await partitions('database')).toEqual([2, 2]);
    expect(await partitions('table')).toEqual([2, 0]);
    expect(await partitions('primary_key')).toEqual([2, 2]);
    expect(await partitions('random')).toEqual([2, 2]);
  });

  it('pass over what is not understood, with its place and without its text', async () => {
    const { records, passedOver } = await encode([ddl("FROBNICATE 'secret'")]);
    expect(records).toEqual([]);
    expect(passedOver).toEqual([
      { id: '3e11fa47-71ca-11e1-9e33-c80aa9429562:23', position: 'binlog.000007:1234' },
    ]);
  });
});
