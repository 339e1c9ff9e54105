import { expect, it } from 'vitest';
import { TransactionQueue } from '../../../src/binlog/transaction-queue.ts';
import type { SourceTransaction } from '../../../src/model/transaction.ts';

const MIB = 1024 * 1024;

const transaction = (id: string, memoryBytes: number): SourceTransaction => ({
  id,
  gtid: id,
  xid: null,
  serverId: 1,
  threadId: null,
  commitTimestampUs: 0,
  fingerprint: id,
  start: { file: 'binlog.000001', offset: 4 },
  end: { file: 'binlog.000001', offset: 8 },
  hasRows: true,
  schemaChange: null,
  memoryBytes,
  rowsEvents: async function* () {},
  dispose: () => undefined,
});

const ids = (taken: readonly SourceTransaction[]): string[] => taken.map(({ id }) => id);

it('gives out about a mebibyte at once; what stays is still counted', async () => {
  const queue = new TransactionQueue();
  for (const [id, bytes] of [
    ['a', 0.4 * MIB],
    ['b', 0.7 * MIB],
    ['c', 5 * MIB],
    ['d', 10],
  ] as const)
    queue.push(transaction(id, bytes));
  expect(ids(await queue.take())).toEqual(['a', 'b']);
  expect(queue.bytes).toBe(5 * MIB + 10);
  expect(ids(await queue.take())).toEqual(['c']);
  expect(queue.isEmpty).toBe(false);
  expect(ids(await queue.take())).toEqual(['d']);
  expect(queue.bytes).toBe(0);
  expect(queue.isEmpty).toBe(true);
});

it('gives what was complete before a failure, then the failure', async () => {
  const queue = new TransactionQueue();
  queue.push(transaction('a', 2 * MIB));
  queue.push(transaction('b', 10));
  queue.fail(new Error('lost'));
  expect(ids(await queue.take())).toEqual(['a']);
  expect(ids(await queue.take())).toEqual(['b']);
  await expect(queue.take()).rejects.toThrow('lost');
});
