import { describe, expect, it } from 'vitest';
import { parseLabels } from '../../../src/binlog/column-lookup.ts';
import { eventType } from '../../../src/binlog/event-type.ts';
import { readMariadbGtid, readMysqlGtid, readTaggedGtid } from '../../../src/binlog/gtid-event.ts';
import { readRows, rowsLayout } from '../../../src/binlog/rows-event.ts';
import { dumpError } from '../../../src/binlog/source-error.ts';
import { statementKind } from '../../../src/binlog/statement-kind.ts';
import { readTableMap } from '../../../src/binlog/table-map-event.ts';
import { EventCutter } from '../../../src/binlog/transaction-payload-event.ts';
import * as bytes from '../../support/binlog-bytes.ts';

const { field, text, u8, u16, u32, u64, UUID } = bytes;

describe('GTID events', () => {
  it('tell the original commit time', () => {
    expect(readMysqlGtid(bytes.mysqlGtidBody(23, 9_000_001n), false)).toMatchObject({
      gtid: `${UUID}:23`,
      originalCommitUs: 9_000_001,
    });
    expect(readMysqlGtid(bytes.mysqlGtidBody(23, 9_000_001n, 8_000_002n), false).originalCommitUs).toBe(
      8_000_002,
    );
    expect(readMysqlGtid(bytes.mysqlGtidBody(1), true).gtid).toBeNull();
  });

  it('with a tag are read field by field', () => {
    // As MySQL 8.4 writes it: small varints are value << 1, two-byte ones (value << 2) | 1.
    const varint = (value: number): Buffer => (value < 128 ? u8(value << 1) : u16((value << 2) | 1));
    const uuid = Buffer.concat([...Buffer.from(UUID.replaceAll('-', ''), 'hex')].map(varint));
    const timestamp = Buffer.concat([u8(0x7f), u64(1_795_397_903_366_685n).subarray(0, 7)]);
    const fields = [
      u8(0),
      varint(1),
      u8(2),
      uuid,
      u8(4),
      varint(2 * 300),
      u8(6),
      varint(4),
      Buffer.from('blue'),
      u8(8),
      varint(2),
      u8(10),
      varint(4),
      u8(12),
      timestamp,
    ];
    const rest = Buffer.concat([varint(9), ...fields]);
    const message = Buffer.concat([varint(1), varint(rest.length + 3), rest]);
    expect(readTaggedGtid(message)).toMatchObject({
      gtid: `${UUID}:blue:300`,
      originalCommitUs: 1_795_397_903_366_685,
    });
  });

  it('of MariaDB tell what the flags say', () => {
    expect(readMariadbGtid(bytes.mariadbGtidBody(815), 3)).toMatchObject({
      gtid: '0-3-815',
      opensTransaction: true,
      isPartialAlter: false,
    });
    expect(readMariadbGtid(bytes.mariadbGtidBody(815, 1), 3)).toMatchObject({
      isStandalone: true,
      opensTransaction: false,
    });
    const withExtra = Buffer.concat([u64(5n), u32(2), u8(0x02), u64(77n), u8(0x10 | 0x02), u32(4711)]);
    expect(readMariadbGtid(withExtra, 1)).toMatchObject({
      gtid: '2-1-5',
      isPartialAlter: true,
      threadId: 4711,
    });
  });
});

describe('a table map', () => {
  // TINY, ENUM as STRING, VARCHAR, VECTOR, GEOMETRY, LONG, CHAR(300) as STRING
  const types = [1, 254, 15, 242, 255, 3, 254];
  const metadata = Buffer.concat([u8(247, 1), u16(40), u8(4), u8(4), u8(254 ^ 0x10, 44)]);
  const names = field(4, ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(text));

  it('unpacks types and gives optional metadata to the columns it belongs to', () => {
    const optional = Buffer.concat([
      field(1, u8(0b0100_0000)),
      field(3, u8(8), u8(63), u8(0xfc, 0xff, 0x00)),
      names,
      field(6, u8(2), text('x'), text('ü')),
      field(9, u8(2, 10, 0, 0)),
      field(10, u8(45)),
      field(12, u8(0xfe)),
      field(13, u8(3)),
    ]);
    const map = readTableMap(bytes.tableMapBody({ types, metadata, optional }), 'mysql');
    expect(map.columns.map(({ type }) => type)).toEqual([1, 247, 15, 242, 255, 3, 254]);
    expect(map.columns.map(({ metadata: value }) => value)).toEqual([0, 0xf701, 40, 4, 4, 0, 0xee2c]);
    expect(map.metadata.isUnsigned).toEqual([false, false, false, false, false, true, false]);
    expect(map.metadata.collations).toEqual([undefined, 45, 8, 63, undefined, undefined, 255]);
    expect(map.metadata.labels[1]?.map(String)).toEqual(['x', 'ü']);
    expect(map.metadata.primaryKey).toEqual([2, 0]);
    expect(map.metadata.names).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  });

  it('counts geometry among the character columns on MariaDB, with pairs that differ from a default', () => {
    const optional = Buffer.concat([field(2, u8(45, 1, 63, 2, 33)), names]);
    const map = readTableMap(bytes.tableMapBody({ types, metadata, optional }), 'mariadb');
    expect(map.metadata.collations).toEqual([undefined, undefined, 45, undefined, 63, undefined, 33]);
  });

  it('refuses metadata that does not fit', () => {
    const cut = bytes.tableMapBody({ types, metadata, optional: field(4, text('a')) });
    expect(() => readTableMap(cut, 'mysql')).toThrow('does not fit');
    expect(() =>
      readTableMap(bytes.tableMapBody({ types, metadata, optional: u8(4, 200, 1) }), 'mysql'),
    ).toThrow('ends in the middle');
  });
});

describe('rows events', () => {
  const read = (type: number, body: Buffer): ReturnType<typeof readRows> => {
    const layout = rowsLayout(type);
    if (layout === undefined) throw new Error(`no layout of ${type}`);
    return readRows(body, layout);
  };
  const rows = Buffer.from('row images');

  it.each([
    [
      eventType.WRITE_ROWS_V1,
      bytes.rowsBody({ columnCount: 9, bitmaps: u8(0xff, 1), rows, extra: null }),
      [[], [0xff, 1]],
    ],
    [
      eventType.DELETE_ROWS_V2,
      bytes.rowsBody({ columnCount: 9, bitmaps: u8(0xff, 1), rows, extra: u8(1, 2, 3) }),
      [[0xff, 1], []],
    ],
    [eventType.UPDATE_ROWS_V2, bytes.rowsBody({ columnCount: 3, bitmaps: u8(7, 3), rows }), [[7], [3]]],
    [
      eventType.MARIADB_UPDATE_ROWS_COMPRESSED_V1,
      bytes.rowsBody({ columnCount: 3, bitmaps: u8(7, 3), rows, extra: null, isCompressed: true }),
      [[7], [3]],
    ],
  ])('of type %i are taken apart', (type, body, [before, after]) => {
    const parsed = read(type, body);
    expect([[...parsed.columnsBefore], [...parsed.columnsAfter]]).toEqual([before, after]);
    expect(parsed.rows.toString()).toBe('row images');
    expect(parsed.tableId).toBe(9);
  });
});

describe('an event cutter', () => {
  it('finds the events wherever the pieces end', () => {
    const events = [bytes.event(16, u64(1n), {}, false), bytes.event(2, Buffer.alloc(50, 1), {}, false)];
    const all = Buffer.concat(events);
    for (let size = 1; size <= all.length; size++) {
      const cutter = new EventCutter();
      const found: Buffer[] = [];
      for (let at = 0; at < all.length; at += size) {
        for (const event of cutter.push(all.subarray(at, at + size))) found.push(Buffer.from(event));
      }
      cutter.end();
      expect(found).toEqual(events);
    }
    const cut = new EventCutter();
    expect([...cut.push(all.subarray(0, 30))]).toHaveLength(1);
    expect(() => cut.end()).toThrow('whole events');
  });
});

it.each([
  ['begin', 'begin'],
  ['COMMIT', 'commit'],
  ['ROLLBACK', 'rollback'],
  ['ROLLBACK TO `x`', 'rollback-to'],
  ['/* a */ -- b\n# c\n insert into t values (1)', 'data'],
  ['WITH c AS (SELECT 1) DELETE FROM t', 'data'],
  ["LOAD DATA INFILE 'x' INTO TABLE t", 'data'],
  ['CREATE TABLE `t` (`a` int) START TRANSACTION', 'open-create'],
  ["CREATE TABLE t (a INT COMMENT 'START TRANSACTION')", 'other'],
  ['# Dummy event replacing event type 160', 'comment'],
  ['/*!40000 ALTER TABLE t DISABLE KEYS */', 'other'],
  ['TRUNCATE TABLE t', 'other'],
  ['INSERTS_ARE_NOT_THIS', 'other'],
])('tells %j to be %s', (sql, kind) => {
  expect(statementKind(sql)).toBe(kind);
});

it('reads labels as the server writes them', () => {
  expect(parseLabels("enum('a,b','it''s','back\\\\slash','new\\nline','')")).toEqual([
    'a,b',
    "it's",
    'back\\slash',
    'new\nline',
    '',
  ]);
});

it.each([
  [
    'A slave with the same server_uuid/server_id as this slave has connected to the source',
    'SERVER_ID_IN_USE',
  ],
  ['Cannot replicate because the source purged required binary logs.', 'BINLOG_PURGED'],
  ['Could not find first log file name in binary log index file', 'BINLOG_PURGED'],
  ['Slave has more GTIDs than the source has, using the source SERVER_UUID.', 'POSITION_NOT_IN_EXECUTED'],
  ['Client requested source to start replication from impossible position', 'SOURCE_CHANGED'],
  ['log event entry exceeded max_allowed_packet', 'BINLOG_EVENT_UNSUPPORTED'],
])('maps 1236 %j to %s', (message, code) => {
  expect(dumpError(Object.assign(new Error(message), { errno: 1236 })).code).toBe(code);
  expect(dumpError(Object.assign(new Error(''), { errno: 4052 })).code).toBe('SERVER_ID_IN_USE');
});
