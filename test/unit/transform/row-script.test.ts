import { describe, expect, it } from 'vitest';
import { HeavisideError } from '../../../src/errors.ts';
import type { SourceTransaction } from '../../../src/model/transaction.ts';
import type { CollectedRecord } from '../../support/collecting-sink.ts';
import { configuredRecords } from '../../support/configured-stream.ts';
import { refusalOf } from '../../support/load-config-text.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import {
  column,
  image,
  int32,
  int64,
  prefixed,
  rowsEvent,
  table,
  transaction,
} from '../../support/row-image-bytes.ts';

const UTF8 = 255;
const wide = table([
  column('id', 3),
  column('name', 15, { metadata: 100, collation: UTF8 }),
  column('big', 8),
  column('price', 246, { metadata: (20 << 8) | 2 }),
  column('tags', 248, { metadata: 0xf801, labels: ['a', 'b'] }),
  column('note', 15, { metadata: 100, collation: UTF8 }),
]);
const PRICE = Buffer.from('80000000000000000c32', 'hex').subarray(-9);
const row = (id: number, name: string, big = 5n, note: string | null = null): Buffer =>
  image(
    int32(id),
    prefixed(1, name),
    int64(big),
    Buffer.concat([Buffer.from([0x80]), PRICE.subarray(1)]),
    Buffer.from([3]),
    note === null ? null : prefixed(1, note),
  );
const insert = (...rows: Buffer[]): SourceTransaction =>
  transaction([[rowsEvent('insert', { table: wide, rows: Buffer.concat(rows), query: 'INSERT 1' })]]);
const update = (before: Buffer, after: Buffer): SourceTransaction =>
  transaction([[rowsEvent('update', { table: wide, rows: Buffer.concat([before, after]) })]]);

const PATH = '/etc/heaviside/filter.js';

function scripted(
  body: string,
  source: SourceTransaction,
  options = '',
  log = new MemoryLog(),
): Promise<readonly CollectedRecord[]> {
  const files = { [PATH]: `function process_row(row, state) {\n${body}\n}\n` };
  return configuredRecords(`javascript=${PATH}\n${options}`, source, { files, log, partitions: 16 });
}

const dataOf = (record: CollectedRecord | undefined): unknown =>
  (JSON.parse(record?.value ?? '{}') as { data: unknown }).data;

async function failure(run: Promise<unknown>): Promise<HeavisideError> {
  const error = await run.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (error instanceof HeavisideError) return error;
  throw new Error(`not refused: ${String(error)}`);
}

describe('a row that the script leaves alone', () => {
  it('keeps every byte, also where its values were read and put back', async () => {
    const source = insert(row(1, '😁 "x"', 9_007_199_254_740_993n), row(2, 'b'));
    const plain = await configuredRecords('', source, { partitions: 16 });
    const body =
      'for (const name in row.data) row.data.put(name, row.data.get(name)); row.data["id"] = row.data.id;';
    expect(await scripted(body, source)).toEqual(plain);
  });
});

describe('what a script may do', () => {
  it('changes, adds and removes columns, by put, property and delete', async () => {
    const body = `
      row.data.put('name', row.data.name.toUpperCase());
      row.data.added = { list: [1, 'x'], at: null };
      row.data.remove('tags');
      delete row.data.note;
      row.data.big = row.data.big + 1n;`;
    const [record] = await scripted(body, insert(row(1, 'möwe', 9_007_199_254_740_993n)));
    expect(record?.value).toContain(
      '"commit":true,"data":{"id":1,"name":"MÖWE","big":9007199254740994,"price":',
    );
    expect(record?.value).toMatch(/,"added":\{"list":\[1,"x"\],"at":null\}\}\}$/u);
    expect(record?.value).not.toMatch(/tags|note/u);
  });

  it('sees numbers, exact large integers, sets, and null as JavaScript has them', async () => {
    const body = `row.extra_attributes.seen = [typeof row.data.id, typeof row.data.big, row.data.big,
      Array.isArray(row.data.tags) && row.data.tags instanceof Array, row.data.note,
      row.data.containsKey('note'), row.data.size(), Object.keys(row.data).length, 'id' in row.data];`;
    const [record] = await scripted(body, insert(row(1, 'a', -9_007_199_254_740_993n)));
    expect(record?.value).toContain('"seen":["number","bigint",-9007199254740993,true,null,true,6,6,true]');
  });

  it('changes a set in place', async () => {
    const [record] = await scripted('row.data.tags.push("c");', insert(row(1, 'a')));
    expect(dataOf(record)).toMatchObject({ tags: ['a', 'b', 'c'] });
  });

  it('has old_data of the changed columns, and drops old with the last of them', async () => {
    const source = update(row(1, 'before'), row(1, 'after'));
    const [kept] = await scripted('row.old_data.name = row.old_data.name + "!";', source);
    expect(kept?.value).toMatch(/"old":\{"name":"before!"\}\}$/u);
    const [dropped] = await scripted('row.old_data.remove("name");', source);
    expect(dropped?.value).not.toContain('"old"');
    const [empty] = await scripted('row.old_data.name = null;', source, 'output_nulls=false');
    expect(empty?.value).toMatch(/"old":\{\}\}$/u);
  });

  it('adds attributes to the envelope, before the primary key', async () => {
    const body = "row.extra_attributes.put('tenant_id', 7); row.extra_attributes.who = 'x';";
    const [record] = await scripted(
      body,
      insert(row(1, 'a')),
      'output_primary_key_columns=true\noutput_naming_strategy=underscore_to_camelcase',
    );
    expect(record?.value).toContain('"commit":true,"tenant_id":7,"who":"x","primaryKeyColumns":["id"],');
  });

  it('changes the key and the primary key where it changes their columns', async () => {
    const [record] = await scripted('row.data.id = 99;', insert(row(1, 'a')), 'output_primary_keys=true');
    expect(record?.key).toBe('{"database":"shop","table":"item","pk.id":99}');
    expect(record?.value).toContain('"primary_key":[99]');
    const moved = await scripted(
      'row.data.id = 99;',
      insert(row(1, 'a')),
      'producer_partition_by=primary_key',
    );
    const real = await configuredRecords('producer_partition_by=primary_key', insert(row(99, 'a')), {
      partitions: 16,
    });
    expect(moved[0]?.partition).toBe(real[0]?.partition);
  });

  it('chooses topic and partition, and no topic is asked for that gets nothing', async () => {
    const body = `row.kafka_topic = 'tenant-' + row.data.name; row.partition_string = 'test';`;
    const records = await scripted(body, insert(row(1, 'a'), row(2, 'b')));
    // String.hashCode("test") = 3556498, modulo 16 = 2
    expect(records.map(({ topic, partition }) => [topic, partition])).toEqual([
      ['tenant-a', 2],
      ['tenant-b', 2],
    ]);
  });

  it('changes the statement of one row', async () => {
    const body = "if (row.data.id === 1) row.query = 'hidden';";
    const records = await scripted(body, insert(row(1, 'a'), row(2, 'b')), 'output_row_query=true');
    expect(records.map(({ value }) => (JSON.parse(value) as { query: string }).query)).toEqual([
      'hidden',
      'INSERT 1',
    ]);
  });

  it('suppresses rows; commit and xoffset stand on those that are left, and message_id counts all', async () => {
    const body = 'if (row.data.id % 2 === 0) row.suppress();';
    const records = await scripted(body, insert(row(1, 'a'), row(2, 'b'), row(3, 'c'), row(4, 'd')));
    expect(records.map(({ value, messageId }) => [value.slice(60, 125), messageId])).toEqual([
      [expect.stringContaining('"xoffset":0'), expect.stringMatching(/#0$/u)],
      [expect.stringContaining('"commit":true'), expect.stringMatching(/#2$/u)],
    ]);
  });

  it('keeps state from row to row, and logs', async () => {
    const log = new MemoryLog();
    const body = `state.put('count', (state.get('count') || 0) + 1); state.last = row.data.id;
      row.extra_attributes.n = state.count; logger.info('row {} of {}', state.count, row.table);`;
    const records = await scripted(body, insert(row(1, 'a'), row(2, 'b')), '', log);
    expect(records.map(({ value }) => (JSON.parse(value) as { n: number }).n)).toEqual([1, 2]);
    expect(log.lines).toContainEqual({ level: 'info', message: 'row 2 of item', fields: { script: PATH } });
  });

  it('is not shown rows that the filter leaves out, and sees columns that are excluded', async () => {
    const log = new MemoryLog();
    const records = await scripted(
      'logger.info(row.data.name); row.data.copy = row.data.name;',
      insert(row(1, 'a'), row(2, 'b')),
      'filter=exclude: *.*.id=2\nexclude_columns=name,/cop.*/',
      log,
    );
    expect(log.lines.map(({ message }) => message)).toEqual(['a']);
    expect(Object.keys(dataOf(records[0]) as object)).toEqual(['id', 'big', 'price', 'tags', 'note']);
  });

  it('knows the row', async () => {
    const body =
      'row.extra_attributes.all = [row.type, row.database, row.table, row.position, row.xid, row.server_id, row.thread_id, row.timestamp, row.query];';
    const [record] = await scripted(body, insert(row(1, 'a')));
    expect((JSON.parse(record?.value ?? '{}') as { all: unknown }).all).toEqual([
      'insert',
      'shop',
      'item',
      '3e11fa47-71ca-11e1-9e33-c80aa9429562:23',
      812,
      1,
      42,
      1_700_000_000,
      'INSERT 1',
    ]);
  });

  it('is encrypted like any row', async () => {
    const [record] = await scripted(
      'row.data.id = 7;',
      insert(row(1, 'a')),
      'encrypt=data\nsecret_key=0123456789abcdef',
    );
    expect(record?.key).toContain('"pk.id":7');
    expect(record?.value).toMatch(/"commit":true,"encrypted":\{"iv":/u);
  });
});

describe('a script that fails', () => {
  it.each([
    ['throw new Error("value " + row.data.name);', 'threw Error'],
    ['row.data.name.noSuchMethod();', 'threw TypeError'],
    ['JSON.parse(row.data.name);', 'threw SyntaxError'],
    ['throw row.data.name;', 'threw a value that is no error'],
    ['row.data.x = NaN;', 'the value of `x` cannot be written: it is NaN'],
    ['row.data.x = () => 1;', 'it is a function'],
    ['const x = {}; x.x = x; row.data.x = x;', 'nested too deeply'],
    ['row.extra_attributes.data = 1;', '`data` has the name of a member of the envelope'],
  ])('%s blocks, with the place and without a value of the row', async (body, words) => {
    const error = await failure(scripted(`// first\n${body}`, insert(row(1, 'private'))));
    expect(error.code).toBe('SCRIPT_FAILED');
    expect(error.reaction).toBe('blocked');
    expect(error.message).toContain(words);
    expect(error.message).toContain('`shop`.`item`');
    expect(error.message).toContain(PATH);
    expect(`${error.message} ${String(error.cause)}`).not.toContain('private');
  });

  it('names the line', async () => {
    const error = await failure(scripted('// first\nthrow new Error("x");', insert(row(1, 'a'))));
    expect(error.message).toMatch(/^\/etc\/heaviside\/filter\.js:3:\d+: process_row threw Error/u);
  });

  it('a topic that Kafka would refuse', async () => {
    const error = await failure(scripted("row.kafka_topic = 'a b';", insert(row(1, 'a'))));
    expect(error.code).toBe('KAFKA_TOPIC_INVALID');
  });
});

describe('the file', () => {
  const load = (text: string, log = new MemoryLog()): Promise<unknown> =>
    configuredRecords(`javascript=${PATH}`, insert(row(1, 'a')), { files: { [PATH]: text }, log });

  it.each([
    ['function process_row(row) {\n  return ;;;}}', /filter\.js:2.*: Unexpected token/su],
    ['const x = missing;', /filter\.js:1.*missing is not defined/su],
    ['var other = 1;', /defines none of process_row/u],
    ['var process_row = 7;', /process_row is not a function/u],
    ['async function process_row(row) {}', /must not be async/u],
    ['while (true) {}', /timed out/u],
  ])('%j is refused at start', async (text, words) => {
    const error = await failure(load(text));
    expect(error.code).toBe('SCRIPT_INVALID');
    expect(error.message).toMatch(words);
  });

  it.each([
    'const process_row = (row) => row.suppress();',
    'globalThis.process_row = (row) => row.suppress();',
  ])('may define its function as %s', async (text) => expect(await load(text)).toEqual([]));

  it('that only looks at heartbeats changes nothing, and is told so', async () => {
    const log = new MemoryLog();
    expect(await load('function process_heartbeat(h) {}', log)).toHaveLength(1);
    expect(log.lines.map(({ message }) => message)).toEqual(['process_heartbeat is never called']);
  });

  it('must be there, and goes with JSON alone', () => {
    const kafka = 'user=u\nkafka.bootstrap.servers=b:9092\n';
    expect(refusalOf({ file: `${kafka}javascript=/no/file.js` })).toContain(
      'javascript: /no/file.js cannot be read (ENOENT)',
    );
    const avro = 'output_format=avro\navro_schema_registry_url=http://r\n';
    expect(refusalOf({ file: `${kafka}${avro}javascript=/a.js`, files: { '/a.js': '' } })).toContain(
      'which a schema cannot follow',
    );
  });
});
