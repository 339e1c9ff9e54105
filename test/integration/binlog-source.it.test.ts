import { crc32 } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MysqlGtidSet } from '../../src/model/mysql-gtid-set.ts';
import { parseGtidSet } from '../../src/model/parse-gtid-set.ts';
import type { Position } from '../../src/model/position.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { openBinlogBench, positionAfter, rowsOf, takeOf, type BinlogBench } from '../support/binlog-bench.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { patience } from '../support/ha-figures.ts';
import { serverSessions } from '../support/server-sessions.ts';
import { waitUntil } from '../support/wait-until.ts';

const DATABASE = 'heaviside_binlog_source';
const MEBIBYTE = 1024 * 1024;

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );

async function checksum(
  transaction: SourceTransaction,
): Promise<{ rows: number; crc: number; largestGroup: number }> {
  let rows = 0;
  let crc = 0;
  let largestGroup = 0;
  for await (const group of transaction.rowsEvents()) {
    let bytes = 0;
    for (const event of group) {
      crc = crc32(event.rows, crc);
      bytes += event.rows.length;
    }
    rows += bytes;
    largestGroup = Math.max(largestGroup, bytes);
  }
  return { rows, crc, largestGroup };
}

describe.each(['mysql', 'mariadb'] as const)('the binlog stream of %s', (flavor) => {
  let bench: BinlogBench;

  beforeAll(async () => {
    bench = await openBinlogBench(flavor, DATABASE, 4001);
    await bench.admin(
      'CREATE TABLE t (id INT UNSIGNED PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL, body LONGTEXT)',
    );
  });

  afterAll(() => bench.close());

  const insert = (name: string): Promise<unknown> => bench.admin('INSERT INTO t (name) VALUES (?)', [name]);

  describe.each([true, false])('with GTID: %s', (usesGtid) => {
    it('gives committed transactions in order, and nothing of what was rolled back', async () => {
      const from = await bench.now(usesGtid);
      const stream = await bench.open(from);
      const other = await bench.session();
      await bench.admin('START TRANSACTION');
      await insert('rolled back');
      await bench.admin('ROLLBACK');
      await other('START TRANSACTION');
      await other("INSERT INTO t (name) VALUES ('first'), ('second')");
      await other("UPDATE t SET name = 'changed' WHERE name = 'second'");
      await other("DELETE FROM t WHERE name = 'first'");
      await other('COMMIT');
      await bench.admin(`CREATE TABLE other (id INT)`);
      await bench.admin('DROP TABLE other');
      const [rows, created, dropped] = await takeOf(stream, DATABASE, 3);
      await stream.close();
      if (rows === undefined) throw new Error('no transaction');
      const events = await rowsOf(rows);
      expect(events.map((event) => event.operation)).toEqual(['insert', 'update', 'delete']);
      expect(events[0]?.table.columns.map((column) => column.name)).toEqual(['id', 'name', 'body']);
      expect(events[0]?.table.columns[0]?.isUnsigned).toBe(true);
      expect(events[0]?.table.primaryKey).toEqual([0]);
      expect(events[0]?.rows.includes('rolled back')).toBe(false);
      expect(events[0]?.rows.includes('second')).toBe(true);
      expect(rows.xid).toBeGreaterThan(0n);
      expect(rows.hasRows).toBe(true);
      expect(created?.schemaChange?.sql).toMatch(/^CREATE TABLE/);
      expect(dropped?.schemaChange).toMatchObject({ database: DATABASE });
      expect([created?.xid, created?.hasRows]).toEqual([null, false]);
      if (usesGtid) expect(from.gtids?.contains(parseGtidSet(flavor, rows.gtid ?? ''))).toBe(false);
      else expect([rows.gtid, rows.id]).toEqual([null, `${rows.start.file}:${rows.start.offset}`]);
      expect(rows.commitTimestampUs / 1e6).toBeGreaterThan(Date.now() / 1000 - 60);
    });

    it('goes on from a position with exactly the rest, and knows the last transaction again', async () => {
      const from = await bench.now(usesGtid);
      for (let i = 0; i < 6; i++) await insert(`rest ${i}`);
      const first = await bench.open(from);
      const all: SourceTransaction[] = [];
      let position = from;
      while (all.length < 6) {
        for (const transaction of await first.take()) {
          if (all.length < 3) position = positionAfter(position, transaction);
          if (transaction.hasRows && (await rowsOf(transaction))[0]?.table.database === DATABASE)
            all.push(transaction);
        }
      }
      await first.close();
      const last = all[2];
      if (last === undefined) throw new Error('too few');
      const exact: Position = usesGtid
        ? { ...position, coordinates: null }
        : { gtids: null, coordinates: last.end };
      const verify = { id: last.id, fingerprint: last.fingerprint };
      for (const options of [{}, { verify }]) {
        const second = await bench.open(exact, options);
        const rest = await takeOf(second, DATABASE, 3);
        await second.close();
        expect(rest.map(({ id, fingerprint, xid }) => [id, fingerprint, xid])).toEqual(
          all.slice(3).map(({ id, fingerprint, xid }) => [id, fingerprint, xid]),
        );
      }
      const third = await bench
        .open(exact, { verify: { ...verify, fingerprint: 'another' } })
        .catch((error: unknown) => error);
      const code =
        third instanceof Error
          ? await codeOf(Promise.reject(third))
          : await codeOf((third as typeof first).take());
      expect(code).toBe('SOURCE_HISTORY_CHANGED');
    });

    it('keeps a large transaction on disk and gives it back in small groups, twice', async () => {
      const stream = await bench.open(await bench.now(usesGtid), { spillThresholdBytes: MEBIBYTE });
      await bench.admin('START TRANSACTION');
      for (let i = 0; i < 6; i++)
        await bench.admin('INSERT INTO t (name, body) VALUES (?, ?), (?, ?)', [
          'big',
          'x'.repeat(MEBIBYTE),
          'big',
          'y'.repeat(MEBIBYTE),
        ]);
      await bench.admin("INSERT INTO t (name) VALUES ('the last one')");
      await bench.admin('COMMIT');
      const [big] = await takeOf(stream, DATABASE, 1);
      if (big === undefined) throw new Error('no transaction');
      const once = await checksum(big);
      expect(once.rows).toBeGreaterThan(12 * MEBIBYTE);
      expect(once.largestGroup).toBeLessThan(4 * MEBIBYTE);
      expect(await checksum(big)).toEqual(once);
      expect(big.memoryBytes).toBeLessThan(4096);
      const events = await rowsOf(big);
      expect(events.at(-1)?.rows.includes('the last one')).toBe(true);
      big.dispose();
      await stream.close();
    });
  });

  it('pauses the dump while nobody takes, and loses nothing', async () => {
    const stream = await bench.open(await bench.now(true), { maxQueueBytes: 128 * 1024, heartbeatMs: 300 });
    const body = 'z'.repeat(50_000);
    for (let i = 0; i < 120; i++)
      await bench.admin('INSERT INTO t (name, body) VALUES (?, ?)', [`pressure ${i}`, body]);
    await waitUntil(() => stream.queuedBytes() > 128 * 1024, { timeoutMs: 10_000, what: 'a full queue' });
    // Longer than three heartbeats: a dump that is paused is not a silent one.
    await sleep(1500);
    expect(stream.queuedBytes()).toBeLessThan(512 * 1024);
    const taken = await takeOf(stream, DATABASE, 120);
    for (const [i, transaction] of taken.entries()) {
      expect((await rowsOf(transaction))[0]?.rows.includes(`pressure ${i}`)).toBe(true);
    }
    await stream.close();
  });

  it('moves the read position by heartbeats and passes over ignored servers', async () => {
    const stream = await bench.open(await bench.now(true), {
      replicateIgnoreServerIds: [bench.identity.serverId],
    });
    const before = await bench.now(true);
    await insert('ignored');
    let moved = before.gtids;
    while (moved !== null && moved.toString() === before.gtids?.toString()) {
      for (const transaction of await stream.take()) {
        expect([transaction.hasRows, transaction.schemaChange]).toEqual([false, null]);
        expect(await rowsOf(transaction)).toEqual([]);
        moved = moved.add(transaction.gtid ?? '');
      }
    }
    expect(stream.idleCoordinates()).toEqual(stream.coordinates());
    const heardAt = stream.lastEventAt();
    await waitUntil(() => stream.lastEventAt() > heardAt, { timeoutMs: 5000, what: 'a heartbeat' });
    await stream.close();
  });

  it('looks columns up where the binlog does not name them', async () => {
    await bench.admin(
      "CREATE TABLE minimal (id BIGINT UNSIGNED PRIMARY KEY, e ENUM('a,b','it''s','back\\\\slash') CHARACTER SET latin1, v VARCHAR(9) CHARACTER SET utf8mb4, y YEAR)",
    );
    const minimal = flavor === 'mysql' ? 'MINIMAL' : 'NO_LOG';
    const warnings: string[] = [];
    const stream = await bench.open(await bench.now(true), {
      onWarning: (message) => warnings.push(message),
    });
    const lookups = async (): Promise<void> => {
      await bench.admin(`SET GLOBAL binlog_row_metadata = ${minimal}`);
      try {
        await bench.admin("INSERT INTO minimal VALUES (1, 'a,b', 'v', 2024)");
        await bench.admin("INSERT INTO minimal VALUES (2, 'it''s', 'v', 2025)");
      } finally {
        await bench.admin('SET GLOBAL binlog_row_metadata = FULL');
      }
    };
    await lookups();
    await bench.admin("INSERT INTO minimal VALUES (3, 'a,b', 'v', 2026)");
    const [first, second, full] = await takeOf(stream, DATABASE, 3);
    await stream.close();
    if (first === undefined || second === undefined || full === undefined) throw new Error('too few');
    const [looked] = await rowsOf(first);
    const [described] = await rowsOf(full);
    const isWarning = (message: string): boolean => message.includes(`${DATABASE}.minimal`);
    expect(warnings.filter(isWarning)).toHaveLength(1);
    expect(looked?.table.columns).toEqual(described?.table.columns);
    expect(looked?.table.columns[1]?.labels).toEqual(['a,b', "it's", 'back\\slash']);
    expect(looked?.table.primaryKey).toEqual([0]);
    expect((await rowsOf(second))[0]?.table).toBe(looked?.table);
  });

  it('refuses to guess columns that do not fit', async () => {
    const from = await bench.now(true);
    await bench.admin('CREATE TABLE changing (id INT PRIMARY KEY, a INT)');
    await bench.admin(`SET GLOBAL binlog_row_metadata = ${flavor === 'mysql' ? 'MINIMAL' : 'NO_LOG'}`);
    await bench
      .admin('INSERT INTO changing VALUES (1, 1)')
      .finally(() => bench.admin('SET GLOBAL binlog_row_metadata = FULL'));
    await bench.admin('ALTER TABLE changing MODIFY a VARCHAR(10)');
    const stream = await bench.open(from);
    expect(await codeOf(takeOf(stream, DATABASE, 3))).toBe('SCHEMA_UNKNOWN');
  });

  it('reads compressed transactions', async () => {
    const session = await bench.session();
    const stream = await bench.open(await bench.now(true), { spillThresholdBytes: MEBIBYTE });
    const compression =
      flavor === 'mysql' ? 'SESSION binlog_transaction_compression' : 'GLOBAL log_bin_compress';
    await session(`SET ${compression} = ON`);
    try {
      await session("INSERT INTO t (name, body) VALUES ('small', REPEAT('s', 2000))");
      await session('START TRANSACTION');
      for (let i = 0; i < 40; i++)
        await session('INSERT INTO t (name, body) VALUES (?, REPEAT(?, 100000))', [`large ${i}`, String(i)]);
      await session('COMMIT');
    } finally {
      await session(`SET ${compression} = OFF`);
    }
    const [small, large] = await takeOf(stream, DATABASE, 2);
    if (small === undefined || large === undefined) throw new Error('too few');
    expect((await rowsOf(small))[0]?.rows.includes('s'.repeat(2000))).toBe(true);
    const events = await rowsOf(large);
    expect(events.map((event) => event.rows.includes('large'))).toEqual(
      Array.from({ length: 40 }, () => true),
    );
    expect((await checksum(large)).rows).toBeGreaterThan(4_000_000);
    large.dispose();
    await stream.close();
  });

  it('ends with a named error when its dump is killed, after what was complete', async () => {
    const proxy = await FaultProxy.open(bench.address);
    const stream = await bench.open(await bench.now(true), {
      address: { ...bench.address, port: proxy.port },
    });
    await insert('before the kill');
    await waitUntil(() => stream.queuedBytes() > 0, { timeoutMs: 5000, what: 'a transaction' });
    const [port] = proxy.serverSidePorts;
    const sessions = await serverSessions((sql) => bench.admin(sql));
    const session = sessions.find(({ host }) => host.endsWith(`:${port}`));
    await bench.admin(`KILL ${session?.id ?? 0}`);
    const [complete] = await takeOf(stream, DATABASE, 1);
    expect((await rowsOf(complete as SourceTransaction))[0]?.rows.includes('before the kill')).toBe(true);
    expect(await codeOf(takeOf(stream, DATABASE, 1))).toBe('SOURCE_LOST');
    await proxy.close();
  });

  it('notices a half-open link by the heartbeats that are missing', async () => {
    const proxy = await FaultProxy.open(bench.address);
    const stream = await bench.open(await bench.now(true), {
      address: { ...bench.address, port: proxy.port },
      heartbeatMs: 300,
    });
    proxy.stall();
    const startedAt = performance.now();
    expect(await codeOf(takeOf(stream, 'no such database', 1))).toBe('SOURCE_SILENT');
    expect(performance.now() - startedAt).toBeLessThan(3000 * patience());
    await proxy.close();
  });

  it('is ended by a later dump of the same server id', async () => {
    const from = await bench.now(true);
    const first = await bench.open(from, { replicaServerId: 4002 });
    const failure = codeOf(takeOf(first, 'no such database', 1));
    const second = await bench.open(from, { replicaServerId: 4002 });
    expect(await failure).toBe('SERVER_ID_IN_USE');
    await second.close();
  });

  it('refuses positions that the source cannot go on from', async () => {
    const from = await bench.now(true);
    const { file, offset } = (await bench.now(false)).coordinates ?? { file: '', offset: 0 };
    const ahead =
      flavor === 'mysql'
        ? MysqlGtidSet.parse(`${from.gtids?.toString()},00000000-0000-0000-0000-000000000001:1`)
        : parseGtidSet('mariadb', `0-${bench.identity.serverId}-99999999`);
    const byFile = (place: { file: string; offset: number }): Position => ({
      gtids: null,
      coordinates: place,
    });
    expect(await codeOf(bench.open({ gtids: ahead, coordinates: null }))).toBe('POSITION_NOT_IN_EXECUTED');
    if (flavor === 'mariadb') {
      // The server itself would stream everything from its oldest binlog for a domain that it does not know.
      const gtids = parseGtidSet('mariadb', `${from.gtids?.toString()},77-1-5`);
      expect(await codeOf(bench.open({ gtids, coordinates: null }))).toBe('POSITION_NOT_IN_EXECUTED');
    }
    expect(await codeOf(bench.open(byFile({ file, offset: offset + 1_000_000_000 })))).toBe(
      'POSITION_NOT_IN_EXECUTED',
    );
    expect(await codeOf(bench.open(byFile({ file: `${file}9`, offset: 4 })))).toBe('BINLOG_PURGED');
    expect(await codeOf(bench.open(byFile({ file, offset: 2 ** 32 })))).toBe('BINLOG_OFFSET_TOO_LARGE');
    expect(await codeOf(bench.open(byFile({ file, offset }), { expectedIdentity: 'another' }))).toBe(
      'SOURCE_CHANGED',
    );
    expect(await codeOf(bench.open(byFile({ file, offset }), { expectedFileCreatedAt: 1 }))).toBe(
      'SOURCE_CHANGED',
    );
    const wrongPassword = { ...bench.address, password: 'wrong' };
    expect(await codeOf(bench.open(from, { address: wrongPassword }))).toBe('SOURCE_ACCESS_DENIED');
    expect(await codeOf(bench.open(from, { address: { ...bench.address, port: 1 } }))).toBe(
      'SOURCE_UNREACHABLE',
    );
  });

  it('stops at a data change that was logged as a statement', async () => {
    const session = await bench.session();
    const stream = await bench.open(await bench.now(true));
    await session('SET SESSION binlog_format = STATEMENT');
    await session("INSERT INTO t (name) VALUES ('as text')");
    expect(await codeOf(takeOf(stream, DATABASE, 1))).toBe('BINLOG_EVENT_UNSUPPORTED');
  });

  it('ends when its signal is aborted', async () => {
    const abort = new AbortController();
    const stream = await bench.open(await bench.now(true), { signal: abort.signal });
    const failure = codeOf(takeOf(stream, 'no such database', 1));
    abort.abort(Object.assign(new Error('lease lost'), { code: 'LEASE_LOST' }));
    expect(await failure).toBe('LEASE_LOST');
  });
});
