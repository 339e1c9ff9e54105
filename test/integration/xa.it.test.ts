import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { BinlogStreamOptions } from '../../src/binlog/binlog-source.ts';
import type { Query } from '../../src/binlog/mysql-client.ts';
import { PositionTracker } from '../../src/checkpoint/position-tracker.ts';
import { positionOf } from '../../src/checkpoint/record-position.ts';
import { parsePositionRecord, type PositionRecord } from '../../src/model/position-record.ts';
import type { Position } from '../../src/model/position.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { openBinlogBench, rowsOf, type BinlogBench } from '../support/binlog-bench.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What matters of a transaction: its id, and the ids of the rows in it. */
interface Seen {
  readonly id: string;
  readonly rows: readonly number[];
}

async function seen(transaction: SourceTransaction): Promise<Seen> {
  const rows: number[] = [];
  for (const event of await rowsOf(transaction)) {
    if (event.table.table !== 't') continue;
    // INT PRIMARY KEY, VARCHAR(4000): NULL bitmap, id, length of two bytes, text.
    for (let at = 0; at < event.rows.length; at += 7 + event.rows.readUInt16LE(at + 5))
      rows.push(event.rows.readInt32LE(at + 1));
  }
  return { id: transaction.id, rows };
}

describe.each([
  ['mysql', true, 6601],
  ['mysql', false, 6602],
  ['mariadb', true, 6603],
  ['mariadb', false, 6604],
] as const)('XA on %s (GTID %s)', (flavor, usesGtid, replicaServerId) => {
  const database = `xa_${flavor}_${usesGtid ? 'gtid' : 'file'}`;
  let bench: BinlogBench;
  beforeAll(async () => {
    bench = await openBinlogBench(flavor, database, replicaServerId);
    await bench.admin('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(4000)) ENGINE=InnoDB');
    await bench.admin('CREATE TABLE end_mark (id INT PRIMARY KEY) ENGINE=InnoDB');
  });
  afterAll(() => bench.close());

  const insert = (session: Query, id: number): Promise<unknown> =>
    session('INSERT INTO t VALUES (?, REPEAT(?, 40))', [id, 'v']);
  const prepare = async (session: Query, xid: string, ids: readonly number[]): Promise<void> => {
    await session(`XA START '${xid}'`);
    for (const id of ids) await insert(session, id);
    await session(`XA END '${xid}'`);
    await session(`XA PREPARE '${xid}'`);
  };

  const tracker = (from: Position, record: PositionRecord | null): PositionTracker =>
    new PositionTracker(
      { clusterUuid: 'c', source: { flavor, id: bench.identity.id }, epoch: 1, config: '' },
      from,
      { lastTransaction: record?.lastTransaction ?? null, nextCommit: 0, fileCreatedAt: () => null },
    );

  /** Reads on from a position as a takeover does, up to the next mark. */
  async function readOn(
    from: Position,
    record: PositionRecord | null,
    changed: Partial<BinlogStreamOptions> = {},
  ): Promise<{ transactions: Seen[]; records: PositionRecord[] }> {
    const stream = await bench.open(from, { verify: record?.lastTransaction ?? null, ...changed });
    const follow = tracker(from, record);
    const transactions: Seen[] = [];
    const records: PositionRecord[] = [];
    try {
      for (;;) {
        for (const transaction of await stream.take()) {
          follow.advance(transaction);
          transactions.push(await seen(transaction));
          const written = parsePositionRecord(JSON.stringify(follow.record('rows', {})));
          if (!written) throw new Error('a record that is none');
          records.push(written);
          const [event] = await rowsOf(transaction);
          transaction.dispose();
          if (event?.table.table === 'end_mark') return { transactions, records };
        }
      }
    } finally {
      await stream.close();
    }
  }
  const resumed = (record: PositionRecord): Position =>
    positionOf(record, usesGtid, { flavor, id: bench.identity.id });

  /** Compresses what the sessions log; MariaDB knows the option for all sessions only. */
  async function compress(value: 'ON' | 'OFF', ...sessions: readonly Query[]): Promise<void> {
    if (flavor === 'mysql') {
      for (const session of sessions) await session(`SET SESSION binlog_transaction_compression = ${value}`);
    } else {
      await bench.admin(`SET GLOBAL log_bin_compress = ${value}`);
      await bench.admin(`SET GLOBAL log_bin_compress_min_len = ${value === 'ON' ? 10 : 256}`);
    }
  }

  it.each(['OFF', 'ON'] as const)(
    'gives rows out where they are committed, wherever a takeover reads on (compression %s)',
    async (compression) => {
      await bench.admin('TRUNCATE TABLE t');
      await bench.admin('TRUNCATE TABLE end_mark');
      const from = await bench.now(usesGtid);
      const [first, second, third] = [await bench.session(), await bench.session(), await bench.session()];
      await compress(compression, first, second, third);
      onTestFinished(() => compress('OFF'));
      await insert(first, 1);
      await prepare(first, 'a', [2, 3]);
      await insert(third, 4);
      await third(`CREATE OR REPLACE VIEW between_them AS SELECT id FROM t`);
      await prepare(second, 'b', [5]);
      await bench.admin('FLUSH BINARY LOGS');
      await insert(third, 6);
      await first("XA COMMIT 'a'");
      await prepare(first, 'dropped', [7]);
      await third('BEGIN');
      await insert(third, 8);
      await second("XA COMMIT 'b'");
      await third('COMMIT');
      await first("XA ROLLBACK 'dropped'");
      await third("XA START 'one'");
      await insert(third, 9);
      await third("XA END 'one'");
      await third("XA COMMIT 'one' ONE PHASE");
      await first('INSERT INTO end_mark VALUES (1)');

      const whole = await readOn(from, null);
      const rows = whole.transactions.flatMap((transaction) => transaction.rows);
      expect(rows).toEqual([1, 4, 6, 2, 3, 5, 8, 9]);
      expect(whole.transactions.find(({ rows: ids }) => ids.includes(2))?.rows).toEqual([2, 3]);

      for (const [index, record] of whole.records.slice(0, -1).entries()) {
        const rest = await readOn(resumed(record), record);
        // MySQL sends a GTID that stays a hole of the position once more; without rows it is of no matter.
        const withRows = ({ rows: ids }: Seen): boolean => ids.length > 0;
        const expected = whole.transactions.slice(index + 1).filter(withRows);
        expect(rest.transactions.filter(withRows), `behind ${record.lastTransaction?.id}`).toEqual(expected);
        const [last, lastOfWhole] = [rest.records.at(-1), whole.records.at(-1)];
        expect([last?.gtidSet, last?.prepared]).toEqual([lastOfWhole?.gtidSet, undefined]);
      }
    },
  );

  it('keeps what is prepared within a bound, on disk', async () => {
    const from = await bench.now(usesGtid);
    const sessions = [await bench.session(), await bench.session(), await bench.session()];
    let id = 100;
    for (const [index, session] of sessions.entries()) {
      await session(`XA START 'big${index}'`);
      for (let i = 0; i < 20; i++) await session('INSERT INTO t VALUES (?, REPEAT(?, 2000))', [id++, 'v']);
      await session(`XA END 'big${index}'`);
      await session(`XA PREPARE 'big${index}'`);
    }
    for (const [index, session] of sessions.entries()) await session(`XA COMMIT 'big${index}'`);
    await bench.admin('INSERT INTO end_mark VALUES (2)');
    let spilled = 0;
    const { transactions } = await readOn(from, null, {
      spillThresholdBytes: 64 * 1024,
      onSpill: (bytes) => (spilled += bytes),
    });
    expect(transactions.flatMap(({ rows }) => rows)).toEqual(Array.from({ length: 60 }, (_, i) => 100 + i));
    expect(spilled).toBeGreaterThan(40 * 1024);
  });

  it('refuses the commit of what was prepared before the first position, and passes its rollback over', async () => {
    const session = await bench.session();
    await prepare(session, 'early', [200]);
    const from = await bench.now(usesGtid);
    await session("XA ROLLBACK 'early'");
    await session('INSERT INTO end_mark VALUES (3)');
    expect((await readOn(from, null)).transactions.flatMap(({ rows }) => rows)).toEqual([]);

    await prepare(session, 'early', [201]);
    const second = await bench.now(usesGtid);
    await session("XA COMMIT 'early'");
    await session('INSERT INTO end_mark VALUES (5)'); // where a stream that passes it over would end
    await expect(readOn(second, null)).rejects.toMatchObject({ code: 'XA_PREPARE_LOST' });
  });

  it('refuses a takeover where the binlog of what is prepared was purged', async () => {
    const from = await bench.now(usesGtid);
    const session = await bench.session();
    await prepare(session, 'purged', [300]);
    await bench.admin('FLUSH BINARY LOGS');
    await bench.admin('INSERT INTO end_mark VALUES (4)');
    const { records } = await readOn(from, null);
    const record = records.at(-1);
    if (!record) throw new Error('no record');
    expect(record.prepared).toMatchObject([{ xid: "X'707572676564',X'',1" }]);
    await waitUntil(
      async () => {
        // A file that a dump of before still reads is not purged.
        await bench.admin(`PURGE BINARY LOGS TO '${record.file ?? ''}'`);
        return (await bench.admin('SHOW BINARY LOGS'))[0]?.['Log_name'] === record.file;
      },
      { timeoutMs: 20_000, what: 'the purge' },
    );
    await session("XA COMMIT 'purged'");
    await expect(readOn(resumed(record), record)).rejects.toMatchObject({ code: 'XA_PREPARE_LOST' });
  });
});
