import { describe, expect, it } from 'vitest';
import { partitionOf, partitionHash } from '../../../src/encode/partition-hash.ts';
import type { SourceTransaction } from '../../../src/model/transaction.ts';
import { configuredRecords } from '../../support/configured-stream.ts';
import {
  column,
  image,
  int32,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../support/row-image-bytes.ts';

// Each test goes from a line of the configuration file to the record; what is expected is Maxwell's documentation.
const UTF8 = 255;
const people = table(
  [column('id', 3), column('first_name', 15, { metadata: 100, collation: UTF8 }), column('born', 10)],
  { database: 'shop', table: 'people' },
);
const ZERO_DATE = Buffer.from('000000', 'hex');
const person = (id: number, name: string | null, born: Buffer | null = null): Buffer =>
  image(int32(id), name === null ? null : prefixed(1, name), born);
const insert = (more: Partial<SourceTransaction> = {}): SourceTransaction =>
  transaction(
    [
      [
        rowsEvent('insert', {
          table: people,
          rows: Buffer.concat([person(1, 'ann'), person(2, null, ZERO_DATE)]),
          query: 'INSERT INTO people',
        }),
      ],
    ],
    { threadId: 43, ...more },
  );

interface Message {
  readonly data: Readonly<Record<string, unknown>>;
  readonly [name: string]: unknown;
}

async function messages(lines: string, source = insert()): Promise<Message[]> {
  return (await configuredRecords(lines, source)).map(({ value }) => JSON.parse(value) as Message);
}

const partitions = async (lines: string, source = insert()): Promise<number[]> =>
  (await configuredRecords(lines, source, { partitions: 20 })).map(({ partition }) => partition);

/** From the table of check vectors, or by the rule `abs(hash mod n)` over the text that Maxwell hashes. */
const partitionFor = (text: string): number => partitionOf(partitionHash(text, 'default'), 20);

describe('members of the envelope', () => {
  it.each([
    ['[output_binlog_position]', 'output_binlog_position=true', 'position', 'binlog.000007:1234'],
    [
      '[output_gtid_position]',
      'output_gtid_position=true',
      'gtid',
      '3e11fa47-71ca-11e1-9e33-c80aa9429562:23',
    ],
    ['[output_server_id]', 'output_server_id=true', 'server_id', 1],
    ['[output_thread_id]', 'output_thread_id=true', 'thread_id', 43],
    ['[output_row_query]', 'output_row_query=true', 'query', 'INSERT INTO people'],
    ['[row_query_max_length]', 'output_row_query=true\nrow_query_max_length=6', 'query', 'INSERT'],
    ['[output_primary_keys]', 'output_primary_keys=true', 'primary_key', [1]],
    ['[output_primary_key_columns]', 'output_primary_key_columns=true', 'primary_key_columns', ['id']],
    ['[output_push_timestamp]', 'output_push_timestamp=true', 'push_ts', expect.any(Number)],
    [
      '[output_message_id]',
      'output_message_id=true',
      'message_id',
      '3e11fa47-71ca-11e1-9e33-c80aa9429562:23#0',
    ],
  ])('%s shows its member', async (_, lines, member, value) => {
    const [first] = await messages(lines);
    expect(first).toHaveProperty([member], value);
  });

  it('[output_commit_info] false: neither xid nor commit', async () => {
    const names = (await messages('output_commit_info=false')).flatMap((message) => Object.keys(message));
    expect(names).not.toContain('xid');
    expect(names).not.toContain('commit');
  });

  it('[output_xoffset] false: no xoffset, and still commit', async () => {
    const [first, last] = await messages('output_xoffset=false');
    expect(first).not.toHaveProperty('xoffset');
    expect(last).toHaveProperty('commit', true);
  });

  it('[output_naming_strategy] renames members and columns', async () => {
    const [first] = await messages(
      'output_naming_strategy=underscore_to_camelcase\noutput_primary_keys=true',
    );
    expect(first).toHaveProperty('primaryKey', [1]);
    expect(first?.data).toHaveProperty('firstName', 'ann');
  });
});

describe('data', () => {
  it('[output_nulls] false: no member for NULL', async () => {
    const [, second] = await messages('output_nulls=false');
    expect(second?.data).toEqual({ id: 2, born: '0000-00-00' });
  });

  it('[output_null_zerodates] true: a zero date is null', async () => {
    const [, second] = await messages('output_null_zerodates=true');
    expect(second?.data).toHaveProperty('born', null);
  });

  it('[exclude_columns] leaves columns out by name and by pattern', async () => {
    const [first] = await messages('exclude_columns=id, /first_.*/');
    expect(first?.data).toEqual({ born: null });
  });

  it('[encrypt] all: nothing is left in the open', async () => {
    const [first] = await messages('encrypt=all\nsecret_key=0123456789abcdef');
    expect(Object.keys(first ?? {})).toEqual(['encrypted']);
  });
});

describe('which rows', () => {
  it('[filter] leaves rows out', async () => {
    expect(await messages('filter=exclude: shop.people.id=1')).toHaveLength(1);
  });

  it('[database] leaves all other databases out', async () => {
    expect(await messages('database=other')).toEqual([]);
  });

  it('[javascript] decides on each row', async () => {
    const files = { '/f.js': 'function process_row(row) { if (row.data.id === 1) row.suppress(); }' };
    expect(await configuredRecords('javascript=/f.js', insert(), { files })).toHaveLength(1);
  });
});

describe("Maxwell's bootstrap table", () => {
  const bookkeeping = (database: string) => {
    const columns = [column('id', 3), column('is_complete', 1), column('inserted_rows', 3)];
    const bootstrap = table(columns, { database, table: 'bootstrap' });
    const row = (rows: number): Buffer => image(int32(7), Buffer.of(0), int32(rows));
    return transaction([
      [
        rowsEvent('insert', { table: bootstrap, rows: row(0) }),
        rowsEvent('update', { table: bootstrap, rows: Buffer.concat([row(0), row(5)]) }),
        rowsEvent('delete', { table: bootstrap, rows: row(5) }),
      ],
    ]);
  };
  const types = async (lines: string, database: string): Promise<unknown[]> =>
    (await messages(lines, bookkeeping(database))).map(({ type }) => type);

  it('gives its inserts alone', async () => {
    expect(await types('', 'maxwell')).toEqual(['insert']);
    expect(await types('', 'shop')).toEqual(['insert', 'update', 'delete']);
  });

  it('[schema_database] is in that database', async () => {
    expect(await types('schema_database=shop', 'shop')).toEqual(['insert']);
  });

  it('[bootstrapper] none: is a table like any other', async () => {
    expect(await types('bootstrapper=none', 'maxwell')).toEqual(['insert', 'update', 'delete']);
  });
});

describe('topic, key and partition', () => {
  it('[kafka_topic] names the topic, by a template too', async () => {
    const [record] = await configuredRecords('kafka_topic=%{database}.%{table}.%{type}', insert());
    expect(record?.topic).toBe('shop.people.insert');
  });

  it('[kafka_key_format] array', async () => {
    const [record] = await configuredRecords('kafka_key_format=array', insert());
    expect(record?.key).toBe('["shop","people",[{"id":1}]]');
  });

  it.each([
    ['table', 'people'],
    ['primary_key', '1'],
    ['transaction_id', '812'],
    ['thread_id', '43'],
  ])('[producer_partition_by] %s', async (by, text) => {
    expect((await partitions(`producer_partition_by=${by}`))[0]).toBe(partitionFor(text));
    expect(partitionFor(text)).not.toBe(partitionFor('shop'));
  });

  it('[producer_partition_columns] their values, one behind the other', async () => {
    const lines = 'producer_partition_by=column\nproducer_partition_columns=id,first_name';
    expect((await partitions(lines))[0]).toBe(partitionFor('1ann'));
  });

  it('[producer_partition_by_fallback] for a row without those values', async () => {
    const lines =
      'producer_partition_by=column\nproducer_partition_columns=first_name\nproducer_partition_by_fallback=primary_key';
    expect((await partitions(lines))[1]).toBe(partitionFor('2'));
    expect(partitionFor('2')).not.toBe(partitionFor('people'));
  });

  it('[kafka_partition_hash] murmur3, by the check vectors', async () => {
    // murmur3("test") = 986285685, modulo 20 = 5; Java's hash gives 18.
    const tests = table([column('id', 3)], { database: 'test' });
    const source = transaction([[rowsEvent('insert', { table: tests, rows: image(int32(1)) })]]);
    expect(await partitions('kafka_partition_hash=murmur3', source)).toEqual([5]);
    expect(await partitions('', source)).toEqual([18]);
  });
});

describe('keys that are gone, rows that cannot be read', () => {
  const gone = transaction([[rowsEvent('delete', { table: people, rows: person(1, 'ann') })]]);
  const enums = table([column('id', 3), column('e', 247, { metadata: 0xf701, labels: ['a'] })]);
  const broken = transaction([
    [rowsEvent('insert', { table: enums, rows: image(int32(1), Buffer.from([9])) })],
  ]);

  it('[output_tombstones] a delete is followed by a record without a value', async () => {
    const records = await configuredRecords('output_tombstones=true', gone);
    expect(records.map(({ value }) => value === '')).toEqual([false, true]);
  });

  it('[on_decode_error] skip: the row is passed over', async () => {
    await expect(configuredRecords('on_decode_error=skip', broken)).resolves.toEqual([]);
  });

  it('[dead_letter_topic] a record stands for it', async () => {
    const records = await configuredRecords('on_decode_error=skip\ndead_letter_topic=dead', broken);
    expect(records.map(({ topic }) => topic)).toEqual(['dead']);
  });
});
