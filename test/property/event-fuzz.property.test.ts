import { tmpdir } from 'node:os';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BinlogEventReader } from '../../src/binlog/binlog-event-reader.ts';
import { eventType } from '../../src/binlog/event-type.ts';
import { RowStore } from '../../src/binlog/row-store.ts';
import { TableRegistry } from '../../src/binlog/table-registry.ts';
import { TransactionAssembler } from '../../src/binlog/transaction-assembler.ts';
import { HeavisideError } from '../../src/errors.ts';
import * as bytes from '../support/binlog-bytes.ts';

const { event, field, text, u8, u16, u32, u64 } = bytes;

/** A reader with a table map read, in the middle of a file without checksums. */
async function openReader(flavor: 'mysql' | 'mariadb'): Promise<(one: Buffer) => Promise<void>> {
  const tables = new TableRegistry({
    flavor,
    decodeLabel: String,
    needsColumns: () => true,
    onWarning: () => undefined,
    lookUp: () => Promise.reject(new HeavisideError('SCHEMA_UNKNOWN', 'no look-up here')),
  });
  const assembler = new TransactionAssembler({
    usesGtid: false,
    ignoredServerIds: new Set(),
    isReplicated: () => false,
    maxPreparedBytes: 1 << 20,
    createStore: () => new RowStore({ spillThresholdBytes: 1 << 20, spillDirectory: tmpdir() }),
    onTransaction: (transaction) => transaction.dispose(),
    concernsStatement: () => true,
    decodeText: String,
    onSchemaChange: () => tables.clear(),
  });
  const reader = new BinlogEventReader({ assembler, tables, keepsQueryText: true });
  const read = async (one: Buffer): Promise<void> => reader.read(one, 0, one.length);
  await read(bytes.rotateTo('binlog.000001', 4, false));
  await read(bytes.formatDescription(false));
  return read;
}

const mapBody = bytes.tableMapBody({
  types: [3, 15, 247, 246],
  metadata: Buffer.concat([u16(200), u8(247, 1), u8(10, 2)]),
  optional: Buffer.concat([
    field(1, u8(0b1000_0000)),
    field(2, u8(33)),
    field(4, text('id'), text('name'), text('state'), text('price')),
    field(6, u8(2), text('a'), text('b')),
    field(8, u8(0)),
  ]),
});
const image = Buffer.concat([u8(0), u32(7), text('x'), u8(1), Buffer.alloc(5, 0x80)]);
const rows = (isUpdate: boolean, isCompressed = false, extra: Buffer | null = Buffer.alloc(0)): Buffer =>
  bytes.rowsBody({
    columnCount: 4,
    bitmaps: isUpdate ? u8(0xff, 0xff) : u8(0xff),
    rows: isUpdate ? Buffer.concat([image, image]) : image,
    isCompressed,
    extra,
  });
const inner = event(eventType.QUERY, bytes.queryBody('BEGIN'), {}, false);
const payload = Buffer.concat([u8(2, 3, 0xfc), u16(255), u8(3, 1, inner.length), u8(0), inner]);

const statement = 'ALTER TABLE t ADD x INT';
const compressedQuery = Buffer.concat([
  bytes.queryBody('x').subarray(0, -1),
  u8(0x81, statement.length),
  deflateSync(statement),
]);
/** Fields uuid, number 5, tag `b`; a small varint is the value shifted by one. */
const taggedFields = Buffer.concat([u8(18, 2), Buffer.alloc(16, 6), u8(4, 20, 6, 2), Buffer.from('b')]);
const taggedGtid = Buffer.concat([u8(2, (taggedFields.length + 2) << 1), taggedFields]);

/** A well-formed body of every type that is taken apart. */
const bodies: readonly (readonly [name: string, type: number, body: Buffer])[] = [
  ['TABLE_MAP', eventType.TABLE_MAP, mapBody],
  ['WRITE_ROWS_V1', eventType.WRITE_ROWS_V1, rows(false, false, null)],
  ['WRITE_ROWS_V2', eventType.WRITE_ROWS_V2, rows(false)],
  ['UPDATE_ROWS_V2', eventType.UPDATE_ROWS_V2, rows(true)],
  ['DELETE_ROWS_V2', eventType.DELETE_ROWS_V2, rows(false)],
  ['MARIADB_WRITE_ROWS_COMPRESSED', eventType.MARIADB_WRITE_ROWS_COMPRESSED_V1, rows(false, true, null)],
  ['QUERY', eventType.QUERY, bytes.queryBody('ALTER TABLE t ADD x INT')],
  ['MARIADB_QUERY_COMPRESSED', eventType.MARIADB_QUERY_COMPRESSED, compressedQuery],
  ['GTID', eventType.GTID, bytes.mysqlGtidBody(23, 9n, 8n)],
  ['ANONYMOUS_GTID', eventType.ANONYMOUS_GTID, bytes.mysqlGtidBody(23)],
  ['GTID_TAGGED', eventType.GTID_TAGGED, taggedGtid],
  ['MARIADB_GTID', eventType.MARIADB_GTID, bytes.mariadbGtidBody(815)],
  ['XID', eventType.XID, u64(812n)],
  ['TRANSACTION_PAYLOAD', eventType.TRANSACTION_PAYLOAD, payload],
  ['XA_PREPARE', eventType.XA_PREPARE, Buffer.concat([u8(0), u32(1), u32(1), u32(1), Buffer.from('ab')])],
  ['ROTATE', eventType.ROTATE, Buffer.concat([u64(4n), Buffer.from('binlog.000002')])],
  ['FORMAT_DESCRIPTION', eventType.FORMAT_DESCRIPTION, bytes.formatDescription(false).subarray(19)],
  ['HEARTBEAT', eventType.HEARTBEAT, Buffer.from('binlog.000001')],
  ['HEARTBEAT_V2', eventType.HEARTBEAT_V2, Buffer.concat([u8(1, 6), Buffer.from('binlog'), u8(2, 1, 9, 0)])],
  ['ROWS_QUERY', eventType.ROWS_QUERY, Buffer.concat([u8(3), Buffer.from('SELECT')])],
  ['INCIDENT', eventType.INCIDENT, Buffer.concat([u16(1), text('lost')])],
  ['PARTIAL_UPDATE_ROWS', eventType.PARTIAL_UPDATE_ROWS, rows(true)],
];

/** Whole, and an error all the same. */
const refused = new Set(['INCIDENT']);

type Outcome = 'read' | 'refused';

/** Reads an event of both flavors. Throws what is thrown that is no error of our own. */
async function readAnything(type: number, body: Buffer): Promise<Outcome> {
  let outcome: Outcome = 'read';
  for (const flavor of ['mysql', 'mariadb'] as const) {
    const read = await openReader(flavor);
    await read(event(eventType.QUERY, bytes.queryBody('BEGIN'), {}, false));
    await read(event(eventType.TABLE_MAP, mapBody, {}, false));
    try {
      await read(event(type, body, {}, false));
    } catch (error) {
      if (!(error instanceof HeavisideError)) throw error;
      outcome = 'refused';
    }
  }
  return outcome;
}

/** Single bytes of a body that are changed. */
const damage = fc.array(
  fc.tuple(
    fc.nat(),
    fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0x7f, 0x80, 0xfb, 0xfc, 0xfd, 0xfe, 0xff)),
  ),
  { minLength: 1, maxLength: 8 },
);

describe.each(bodies)('events of type %s', (name, type, body) => {
  it('are read whole, and wherever they end read or refused with an error of our own', async () => {
    for (let length = 0; length < body.length; length++) await readAnything(type, body.subarray(0, length));
    expect(await readAnything(type, body)).toBe(refused.has(name) ? 'refused' : 'read');
  });

  it('are read, or refused with an error of our own, whatever they hold', async () => {
    const damaged = fc.asyncProperty(damage, async (changes) => {
      const copy = Buffer.from(body);
      for (const [at, value] of changes) copy[at % copy.length] = value;
      await readAnything(type, copy);
    });
    const random = fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (any) => {
      await readAnything(type, Buffer.from(any));
    });
    await expect(fc.assert(damaged, { numRuns: 60 })).resolves.toBeUndefined();
    await expect(fc.assert(random, { numRuns: 60 })).resolves.toBeUndefined();
  });
});

describe('cut short, events whose parts are all needed', () => {
  // Behind them stands what came with later versions, and the optional metadata of a table map.
  it.each([
    ['TABLE_MAP', eventType.TABLE_MAP, mapBody, 35],
    ['XID', eventType.XID, u64(812n), 8],
    ['GTID', eventType.GTID, bytes.mysqlGtidBody(23), 25],
    ['MARIADB_GTID', eventType.MARIADB_GTID, bytes.mariadbGtidBody(815), 13],
    ['WRITE_ROWS_V2', eventType.WRITE_ROWS_V2, rows(false), 12],
    ['UPDATE_ROWS_V2', eventType.UPDATE_ROWS_V2, rows(true), 13],
  ] as const)('of type %s are refused', async (_, type, body, needed) => {
    for (let length = 0; length < needed; length++)
      expect([length, await readAnything(type, body.subarray(0, length))]).toEqual([length, 'refused']);
  });
});
