import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { BinlogEventReader } from '../../../src/binlog/binlog-event-reader.ts';
import { eventType } from '../../../src/binlog/event-type.ts';
import { RowStore } from '../../../src/binlog/row-store.ts';
import { TableRegistry } from '../../../src/binlog/table-registry.ts';
import { TransactionAssembler } from '../../../src/binlog/transaction-assembler.ts';
import type { SourceTransaction } from '../../../src/model/transaction.ts';
import * as bytes from '../../support/binlog-bytes.ts';
import { rowsOf } from '../../support/binlog-bench.ts';

const { event, u8, u64, UUID } = bytes;

interface Setup {
  readonly usesGtid?: boolean;
  readonly ignored?: number;
  readonly discardedId?: string;
  readonly flavor?: 'mysql' | 'mariadb';
  readonly spillThresholdBytes?: number;
}

function open({
  usesGtid = true,
  ignored,
  discardedId,
  flavor = 'mysql',
  spillThresholdBytes = 1 << 20,
}: Setup = {}) {
  const transactions: SourceTransaction[] = [];
  const tables = new TableRegistry({
    flavor,
    decodeLabel: String,
    needsColumns: () => true,
    onWarning: () => undefined,
    lookUp: () => Promise.reject(new Error('no look-up here')),
  });
  const assembler = new TransactionAssembler({
    usesGtid,
    ignoredServerIds: new Set(ignored === undefined ? [] : [ignored]),
    isReplicated: (id) => id === discardedId,
    maxPreparedBytes: spillThresholdBytes,
    createStore: () => new RowStore({ spillThresholdBytes, spillDirectory: tmpdir() }),
    onTransaction: (transaction) => transactions.push(transaction),
    concernsStatement: () => true,
    decodeText: (bytes) => bytes.toString('utf8'),
    onSchemaChange: () => tables.clear(),
  });
  const reader = new BinlogEventReader({ assembler, tables, keepsQueryText: true });
  const read = async (...events: Buffer[]): Promise<void> => {
    for (const one of events) {
      // As the driver does: the packet's memory is used again afterwards.
      const packet = Buffer.concat([u8(0), one]);
      await reader.read(packet, 1, packet.length);
      packet.fill(0xee);
    }
  };
  return { reader, read, transactions, assembler };
}

const tableMap = event(
  eventType.TABLE_MAP,
  bytes.tableMapBody({ types: [3], metadata: Buffer.alloc(0), optional: bytes.field(4, bytes.text('id')) }),
);
const writeRows = (value: number, serverId = 1): Buffer =>
  event(
    eventType.WRITE_ROWS_V2,
    bytes.rowsBody({ columnCount: 1, bitmaps: u8(0xff), rows: u8(0, value, 0, 0, 0) }),
    { serverId },
  );
const gtid = (number: number, next = 0, serverId = 1): Buffer =>
  event(eventType.GTID, bytes.mysqlGtidBody(number), { next, serverId });
const query = (sql: string, next = 0): Buffer => event(eventType.QUERY, bytes.queryBody(sql), { next });
const xid = (value: bigint, next = 0): Buffer => event(eventType.XID, u64(value), { next });
const start = [bytes.rotateTo('binlog.000007', 4), bytes.formatDescription(true)];

const codeOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  return error instanceof Error && 'code' in error ? error.code : 'resolved';
};

describe('a binlog event reader', () => {
  it('puts events together into a transaction', async () => {
    const { read, transactions, reader } = open();
    await read(
      ...start,
      gtid(23, 300),
      query('BEGIN'),
      event(eventType.ROWS_QUERY, Buffer.from('\u0005INSERT')),
      tableMap,
    );
    await read(writeRows(5), writeRows(6));
    expect(transactions).toEqual([]);
    await read(xid(99n, 800));
    const [transaction] = transactions;
    if (transaction === undefined) throw new Error('no transaction');
    expect(transaction).toMatchObject({
      id: `${UUID}:23`,
      gtid: `${UUID}:23`,
      xid: 99n,
      threadId: 7,
      hasRows: true,
      commitTimestampUs: 5_000_000,
    });
    expect(transaction.start.offset).toBe(300 - gtid(23).length);
    expect(transaction.end).toEqual({ file: 'binlog.000007', offset: 800 });
    const events = await rowsOf(transaction);
    expect(events.map(({ rows, query: sql }) => [[...rows], sql])).toEqual([
      [[0, 5, 0, 0, 0], 'INSERT'],
      [[0, 6, 0, 0, 0], 'INSERT'],
    ]);
    expect(events[0]?.columnsAfter).toEqual(u8(0xff));
    expect(reader.coordinates).toEqual({ file: 'binlog.000007', offset: 800 });
    expect(reader.fileCreatedAt).toBe(1_600_000_000);
  });

  it('drops what was rolled back, and a group that is cut, but moves on behind the first', async () => {
    const { read, transactions } = open();
    await read(...start, gtid(1), query('BEGIN'), tableMap, writeRows(1), query('ROLLBACK', 500));
    await read(
      gtid(2),
      query('BEGIN'),
      tableMap,
      writeRows(2),
      bytes.formatDescription(true),
      gtid(3),
      query('DROP TABLE x', 900),
    );
    expect(transactions.map(({ id, hasRows, schemaChange }) => [id, hasRows, schemaChange?.sql])).toEqual([
      [`${UUID}:1`, false, undefined],
      [`${UUID}:3`, false, 'DROP TABLE x'],
    ]);
  });

  it('reads CREATE TABLE … SELECT as a schema change with rows', async () => {
    const { read, transactions } = open();
    await read(
      ...start,
      gtid(1),
      query('CREATE TABLE `t` (\n  `id` int\n) START TRANSACTION'),
      tableMap,
      writeRows(1),
      xid(3n, 700),
    );
    expect(transactions).toHaveLength(1);
    expect(transactions[0]).toMatchObject({
      hasRows: true,
      xid: 3n,
      schemaChange: { sql: 'CREATE TABLE `t` (\n  `id` int\n)' },
    });
  });

  it('takes no rows from ignored servers, nor from the transaction that is read again', async () => {
    const { read, transactions } = open({ ignored: 5, discardedId: `${UUID}:2` });
    await read(...start, gtid(1, 0, 5), query('BEGIN'), tableMap, writeRows(1, 5), xid(1n));
    await read(gtid(2), query('BEGIN'), tableMap, writeRows(1), xid(2n));
    await read(gtid(3), query('BEGIN'), tableMap, writeRows(1), xid(3n));
    expect(transactions.map(({ hasRows }) => hasRows)).toEqual([false, false, true]);
  });

  it('knows transactions by file and offset without GTID, anonymous ones included', async () => {
    const { read, transactions } = open({ usesGtid: false });
    const anonymous = event(eventType.ANONYMOUS_GTID, bytes.mysqlGtidBody(0, 7_000_000n, 6_000_000n), {
      next: 500,
    });
    await read(...start, anonymous, query('BEGIN'), tableMap, writeRows(1), xid(1n, 900));
    expect(transactions[0]).toMatchObject({
      id: `binlog.000007:${500 - anonymous.length}`,
      gtid: null,
      commitTimestampUs: 6_000_000,
    });
  });

  it('counts offsets that MariaDB leaves out and unwraps those beyond 4 GiB', async () => {
    const { read, reader, transactions } = open({ flavor: 'mariadb', usesGtid: false });
    const last = 2 ** 32 - 10;
    const opening = event(eventType.MARIADB_GTID, bytes.mariadbGtidBody(815), { next: last });
    const body = [tableMap, writeRows(1)];
    await read(...start, opening, ...body);
    const counted = last + tableMap.length + writeRows(1).length;
    expect(reader.coordinates.offset).toBe(counted);
    const end = xid(4n, (counted + xid(4n).length) % 2 ** 32);
    await read(end);
    expect(transactions[0]?.end.offset).toBe(counted + end.length);
    expect(transactions[0]?.start.offset).toBe(last - opening.length);
  });

  it('tells MariaDB groups apart, and their content by its rows', async () => {
    const { read, transactions } = open({ flavor: 'mariadb' });
    const group = async (value: number, sequence: number): Promise<void> =>
      read(
        event(eventType.MARIADB_GTID, bytes.mariadbGtidBody(sequence)),
        tableMap,
        writeRows(value),
        xid(1n),
      );
    await read(...start);
    await group(1, 1);
    await group(2, 2);
    await group(1, 3);
    await read(event(eventType.MARIADB_GTID, bytes.mariadbGtidBody(4, 1)), query('CREATE TABLE a (b INT)'));
    const [a, b, c] = transactions.map(({ fingerprint }) => fingerprint);
    expect(a).toBe(c);
    expect(a).not.toBe(b);
    expect(transactions.map(({ id }) => id)).toEqual(['0-1-1', '0-1-2', '0-1-3', '0-1-4']);
  });

  it('follows checksums as the files have them, and refuses a damaged event', async () => {
    const { read, transactions } = open();
    await read(bytes.rotateTo('binlog.000001', 4, false), bytes.formatDescription(false));
    await read(
      event(eventType.GTID, bytes.mysqlGtidBody(1), {}, false),
      event(eventType.QUERY, bytes.queryBody('DROP TABLE a'), {}, false),
    );
    await read(...start, gtid(2), query('DROP TABLE b'));
    expect(transactions.map(({ schemaChange }) => schemaChange?.sql)).toEqual([
      'DROP TABLE a',
      'DROP TABLE b',
    ]);
    const damaged = Buffer.from(query('DROP TABLE c'));
    damaged[damaged.length - 8] = 0x41;
    expect(await codeOf(read(gtid(3), damaged))).toBe('SOURCE_LOST');
  });

  it.each([
    [
      'an incident',
      event(eventType.INCIDENT, Buffer.concat([u8(1, 0), bytes.text('lost')])),
      'BINLOG_INCIDENT',
    ],
    [
      'a partial JSON update',
      event(eventType.PARTIAL_UPDATE_ROWS, Buffer.alloc(10)),
      'BINLOG_EVENT_UNSUPPORTED',
    ],
    ['an unknown event', event(99, Buffer.alloc(4)), 'BINLOG_EVENT_UNSUPPORTED'],
    ['an unknown event that may be ignored', event(99, Buffer.alloc(4), { flags: 0x80 }), 'resolved'],
    ['a statement', query("/* why */ UPDATE t SET a = 'secret'"), 'BINLOG_EVENT_UNSUPPORTED'],
    ['the end of an unreadable XID', query('XA COMMIT what'), 'BINLOG_EVENT_UNSUPPORTED'],
    ['the commit of what is not known', query("XA COMMIT X'61',X'',1"), 'XA_PREPARE_LOST'],
    ['the rollback of what is not known', query("XA ROLLBACK X'61',X'',1"), 'resolved'],
    ['ROLLBACK TO in front of all rows', query('ROLLBACK TO `a`'), 'resolved'],
    ['SAVEPOINT', query('SAVEPOINT `a`'), 'resolved'],
    [
      'rows of an unknown table',
      event(
        eventType.WRITE_ROWS_V2,
        bytes.rowsBody({ columnCount: 1, bitmaps: u8(1), rows: u8(0), tableId: 77 }),
      ),
      'SOURCE_CHANGED',
    ],
    ['a cut event', event(eventType.WRITE_ROWS_V2, Buffer.alloc(7)), 'BINLOG_EVENT_UNSUPPORTED'],
  ])('meets %s', async (_, met, code) => {
    const { read } = open();
    await read(...start, gtid(1), query('BEGIN'), tableMap);
    const error: unknown = await read(met).catch((caught: unknown) => caught);
    expect(error instanceof Error && 'code' in error ? error.code : 'resolved').toBe(code);
    if (error instanceof Error) {
      expect(error.message).toContain('binlog.000007');
      expect(error.message).not.toContain('secret');
    }
  });

  it('refuses rows outside of a transaction, and a transaction without GTID', async () => {
    const outside = open({ usesGtid: false });
    expect(await codeOf(outside.read(...start, tableMap, writeRows(1)))).toBe('SOURCE_CHANGED');
    const anonymous = open();
    expect(
      await codeOf(anonymous.read(...start, event(eventType.ANONYMOUS_GTID, bytes.mysqlGtidBody(0)))),
    ).toBe('SOURCE_GTID_OFF');
  });

  it('keeps the one-phase XA transaction', async () => {
    const { read, transactions } = open();
    await read(...start, gtid(1), query("XA START X'61'"), tableMap, writeRows(1), query("XA END X'61'"));
    await read(event(eventType.XA_PREPARE, Buffer.concat([u8(1), Buffer.alloc(12)])));
    expect(transactions.map(({ hasRows }) => hasRows)).toEqual([true]);
  });

  it.each([1 << 20, 64])(
    'leaves out what was rolled back to a savepoint (spilled beyond %i)',
    async (spillThresholdBytes) => {
      const { read, transactions } = open({ spillThresholdBytes });
      await read(...start, gtid(1), query('BEGIN'), tableMap, writeRows(1), query('SAVEPOINT `a``b`'));
      await read(writeRows(2), query('SAVEPOINT c'), writeRows(3), query('ROLLBACK TO c'), writeRows(4));
      await read(
        query('ROLLBACK TO SAVEPOINT `A``B`'),
        writeRows(5),
        query('ROLLBACK TO `a``b`'),
        writeRows(6),
        xid(1n),
      );
      await read(
        gtid(2),
        query('BEGIN'),
        tableMap,
        query('SAVEPOINT a'),
        writeRows(1),
        query('ROLLBACK TO a'),
        writeRows(2),
      );
      await read(query('ROLLBACK TO a'), xid(2n));
      const [first, second] = transactions;
      if (first === undefined || second === undefined) throw new Error('no transactions');
      expect((await rowsOf(first)).map(({ rows }) => rows[1])).toEqual([1, 6]);
      expect([second.hasRows, await rowsOf(second)]).toEqual([false, []]);
      await read(gtid(3), query('BEGIN'), tableMap, writeRows(1));
      expect(await codeOf(read(query('ROLLBACK TO c')))).toBe('BINLOG_EVENT_UNSUPPORTED');
    },
  );

  it('gives a spilled transaction back as it was, also while it is read twice', async () => {
    const { read, transactions } = open({ spillThresholdBytes: 4096 });
    await read(...start, gtid(1), query('BEGIN'), tableMap);
    for (let i = 0; i < 200; i++)
      await read(event(eventType.ROWS_QUERY, Buffer.from(`\0statement ${i >> 3}`)), writeRows(i));
    await read(xid(1n));
    const [transaction] = transactions;
    if (transaction === undefined) throw new Error('no transaction');
    expect(transaction.memoryBytes).toBeLessThan(4096);
    const [once, twice] = await Promise.all([rowsOf(transaction), rowsOf(transaction)]);
    expect(once.map(({ rows, query: sql }) => [rows[1], sql])).toEqual(
      Array.from({ length: 200 }, (_, i) => [i, `statement ${i >> 3}`]),
    );
    expect(twice).toEqual(once);
    expect(once[0]?.table.columns[0]?.name).toBe('id');
    transaction.dispose();
  });
});
