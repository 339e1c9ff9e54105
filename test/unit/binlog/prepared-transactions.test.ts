import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { PreparedTransactions } from '../../../src/binlog/prepared-transactions.ts';
import { ReplayedDomains, ReplayedFiles } from '../../../src/binlog/replayed-part.ts';
import { RowStore } from '../../../src/binlog/row-store.ts';
import { readXaPrepare, xidOfStatement } from '../../../src/binlog/xid.ts';
import { MariadbGtidSet } from '../../../src/model/mariadb-gtid-set.ts';
import type { RowsEvent } from '../../../src/model/transaction.ts';
import { u32, u8 } from '../../support/binlog-bytes.ts';

const none = Buffer.alloc(0);
const event = (bytes: number): RowsEvent => ({
  table: { database: 'd', table: 't', columns: [], primaryKey: [], fingerprint: '' },
  operation: 'insert',
  timestampSeconds: 1,
  startOffset: 4,
  file: 'binlog.000001',
  columnsBefore: none,
  columnsAfter: none,
  rows: Buffer.alloc(bytes, 7),
  query: null,
});
async function storeOf(bytes: number): Promise<RowStore> {
  const store = new RowStore({ spillThresholdBytes: 1 << 20, spillDirectory: tmpdir() });
  await store.add(event(bytes));
  await store.finish();
  return store;
}
async function bytesOf(store: RowStore | null | undefined): Promise<number> {
  let bytes = 0;
  for await (const group of store?.groups() ?? []) for (const { rows } of group) bytes += rows.length;
  return bytes;
}

describe('prepared transactions', () => {
  it('go to disk, the largest first, beyond their bound', async () => {
    const prepared = new PreparedTransactions(10_000);
    await prepared.hold('small', { store: await storeOf(1000), threadId: 1 });
    await prepared.hold('large', { store: await storeOf(7000), threadId: 2 });
    expect(prepared.memoryBytes).toBeGreaterThan(8000);
    await prepared.hold('middle', { store: await storeOf(4000), threadId: null });
    expect(prepared.memoryBytes).toBeLessThan(7000);
    const [large, small] = [prepared.take('large'), prepared.take('small')];
    expect([large?.store?.isOnDisk, small?.store?.isOnDisk]).toEqual([true, false]);
    expect([await bytesOf(large?.store), await bytesOf(small?.store)]).toEqual([7000, 1000]);
    expect(large?.threadId).toBe(2);
    expect(prepared.take('large')).toBeUndefined();
    prepared.dispose();
    expect(prepared.memoryBytes).toBe(0);
    large?.store?.dispose();
  });

  it('of one XID replace one another', async () => {
    const prepared = new PreparedTransactions(10_000);
    await prepared.hold('a', { store: await storeOf(10), threadId: 1 });
    await prepared.hold('a', { store: null, threadId: 2 });
    expect(prepared.memoryBytes).toBe(0);
    expect(prepared.take('a')?.threadId).toBe(2);
  });
});

describe('an XID', () => {
  it('is the same in its event and in the statement that ends it', () => {
    const body = Buffer.concat([u8(0), u32(7), u32(2), u32(1), Buffer.from('aNb')]);
    expect(readXaPrepare(body)).toEqual({ isOnePhase: false, xid: "X'614e',X'62',7" });
    expect(xidOfStatement("XA COMMIT X'614E',X'62',7")).toBe("X'614e',X'62',7");
    expect(xidOfStatement("xa rollback X'61'")).toBe("X'61',X'',1");
    expect(xidOfStatement("XA COMMIT 'a'")).toBeNull();
  });
});

describe('the part of a stream that is read once more', () => {
  it('ends in each domain at the GTID of the position', () => {
    const part = new ReplayedDomains(MariadbGtidSet.parse('0-1-9,1-1-5,2-1-3'), new Set([0, 2]));
    expect([part.covers('0-2-7'), part.covers('1-1-6'), part.covers('0-1-9')]).toEqual([true, false, true]);
    part.passed('0-1-9');
    expect([part.covers('0-1-10'), part.covers('2-1-1')]).toEqual([false, true]);
    expect(() => part.covers('2-1-4')).toThrow('2-1-3');
  });

  it('ends at a file and offset, also beyond six digits', () => {
    const part = new ReplayedFiles({ file: 'binlog.1000000', offset: 400 });
    expect([part.covers('binlog.999999:9000'), part.covers('binlog.1000000:399')]).toEqual([true, true]);
    expect(part.covers('binlog.1000000:400')).toBe(false);
  });
});
