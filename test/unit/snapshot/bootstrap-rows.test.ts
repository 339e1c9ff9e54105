import { describe, expect, it } from 'vitest';
import { HeavisideError } from '../../../src/errors.ts';
import type { SnapshotProgress } from '../../../src/model/snapshot-progress.ts';
import { BootstrapPoll } from '../../../src/snapshot/bootstrap-poll.ts';
import { followRows, type BootstrapRow } from '../../../src/snapshot/bootstrap-rows.ts';
import { beginTable, noProgress, withEnd, withTask } from '../../../src/snapshot/progress-steps.ts';
import { carryOut } from '../../../src/snapshot/snapshot-request.ts';
import { MemoryLog } from '../../support/memory-log.ts';

const name = { database: 'shop', table: 'item' };
const asked = (id: string, changed: Partial<BootstrapRow> = {}): BootstrapRow => ({
  id,
  ...name,
  where: null,
  comment: null,
  isPutOff: false,
  hasStarted: false,
  insertedRows: 0,
  ...changed,
});

describe('rows of the bootstrap table', () => {
  it('are taken over once, in their order, and none before its time', () => {
    const rows = [asked('7', { where: 'id > 3', comment: 'c' }), asked('9', { isPutOff: true }), asked('8')];
    const taken = followRows(noProgress, rows, 5);
    expect(taken.tasks.map(({ id, where, comment }) => [id, where, comment])).toEqual([
      ['bootstrap-7-5', 'id > 3', 'c'],
      ['bootstrap-8-5', null, null],
    ]);
    expect(followRows(taken, rows, 6)).toBe(taken);
    // By the clock of another server what is under way may lie in the future again.
    const other = rows.map((row) => ({ ...row, isPutOff: true }));
    expect(followRows(taken, other, 6)).toBe(taken);
  });

  it('are remembered from their end until the table shows it, and then may ask once more', () => {
    const taken = followRows(noProgress, [asked('7')], 5);
    const done = withEnd(taken, 'bootstrap-7-5', { ...beginTable(name, 3), rows: 4 });
    expect(done).toEqual({ tasks: [], handled: [], bootstrapped: [{ row: '7', rows: 4 }] });
    expect(followRows(done, [asked('7')], 6)).toBe(done);
    const forgotten = followRows(done, [], 6);
    expect(forgotten).toEqual(noProgress);
    expect(followRows(forgotten, [asked('7')], 8).tasks.map(({ id }) => id)).toEqual(['bootstrap-7-8']);
  });

  it('that are gone or set to complete end their snapshot; other snapshots stay', () => {
    const request = { id: 'r', at: 1, action: 'start', ...name, where: null, comment: null } as const;
    const both = carryOut(followRows(noProgress, [asked('7')], 5), request);
    expect(followRows(both, [], 6).tasks.map(({ id }) => id)).toEqual(['r']);
  });

  it('stay done where the snapshot is cancelled by a command', () => {
    const taken = followRows(noProgress, [asked('7')], 5);
    const cancelled = carryOut(taken, { id: 'c', at: 6, action: 'cancel', target: 'bootstrap-7-5' });
    expect(followRows(cancelled, [asked('7')], 7)).toBe(cancelled);
  });
});

describe('the poll of the bootstrap table', () => {
  const bench = (refusal: Error | null = null) => {
    const calls: string[] = [];
    const rows = [asked('7')];
    const log = new MemoryLog();
    const write = (text: string): Promise<void> => {
      calls.push(text);
      return refusal === null ? Promise.resolve() : Promise.reject(refusal);
    };
    const table = {
      incomplete: () => Promise.resolve({ rows, mark: { gtids: null, coordinates: null } }),
      showProgress: (id: string, count: number) => write(`progress ${id} ${count}`),
      showEnd: (id: string, count: number) => write(`end ${id} ${count}`),
      destroy: () => undefined,
    };
    const follow = (): Promise<void> => Promise.resolve();
    const options = { open: () => Promise.resolve(table), mayWrite: true, said: new Set<string>(), log };
    return { calls, log, poll: new BootstrapPoll(options, { follow }, null) };
  };
  const taken = followRows(noProgress, [asked('7')], 5);
  const underWay = (rows: number): SnapshotProgress =>
    withTask(taken, 'bootstrap-7-5', (task) => ({ ...task, at: { ...beginTable(name, 9), rows } }));

  it('writes what is committed, and nothing before', async () => {
    const { calls, poll } = bench();
    await poll.look();
    poll.committed(taken);
    await poll.look();
    expect(calls).toEqual([]);
    poll.committed(underWay(2));
    await poll.look();
    poll.committed(withEnd(underWay(2), 'bootstrap-7-5', { ...beginTable(name, 9), rows: 3 }));
    await poll.look();
    expect(calls).toEqual(['progress 7 2', 'end 7 3']);
    poll.close();
  });

  it('goes on without writing where it is refused, and says so once', async () => {
    const { calls, log, poll } = bench(
      new HeavisideError('SOURCE_PRIVILEGE_MISSING', 'UPDATE command denied'),
    );
    poll.committed(underWay(2));
    expect([await poll.look(), await poll.look()]).toEqual([1000, 1000]);
    expect([calls.length, log.lines.length]).toEqual([1, 1]);
    poll.close();
  });
});
