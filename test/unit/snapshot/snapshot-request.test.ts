import { describe, expect, it } from 'vitest';
import { currentTask, endTable, nextTable, noProgress } from '../../../src/snapshot/progress-steps.ts';
import { RequestPoll } from '../../../src/snapshot/request-poll.ts';
import {
  carryOut,
  initialProgress,
  parseRequest,
  type SnapshotRequest,
} from '../../../src/snapshot/snapshot-request.ts';

const start = (id: string, at = 1): SnapshotRequest => ({
  id,
  at,
  action: 'start',
  database: 'shop',
  table: 'item',
  where: null,
  comment: null,
});

describe('requests for snapshots', () => {
  it('are carried out once, however often they come', () => {
    const once = carryOut(noProgress, start('r1'));
    expect(once.tasks.map(({ id }) => id)).toEqual(['r1']);
    expect(carryOut(once, start('r1'))).toBe(once);
    const done = { ...once, tasks: [] };
    expect(carryOut(done, start('r1'))).toBe(done);
  });

  it('pause, resume and cancel the one that is meant, by table or id, or all', () => {
    const two = carryOut(carryOut(noProgress, start('r1')), {
      ...start('r2'),
      table: 'other',
    } as SnapshotRequest);
    const paused = carryOut(two, { id: 'p', at: 2, action: 'pause', target: 'shop.item' });
    expect(paused.tasks.map(({ isPaused }) => isPaused)).toEqual([true, false]);
    expect(currentTask(paused)?.id).toBe('r2');
    const resumed = carryOut(paused, { id: 'q', at: 3, action: 'resume', target: 'r1' });
    expect(currentTask(resumed)?.id).toBe('r1');
    expect(carryOut(resumed, { id: 'c', at: 4, action: 'cancel', target: null }).tasks).toEqual([]);
  });

  it('that are no requests are not taken', () => {
    expect(parseRequest(JSON.stringify(start('r1')))).toEqual(start('r1'));
    for (const text of ['', '{}', '{"id":"a","at":1,"action":"drop"}', '{"id":"a","at":1,"action":"start"}'])
      expect(parseRequest(text)).toBeNull();
  });

  it('of all tables take one after the other, by name', () => {
    const tables = [
      { database: 'b', table: 'a' },
      { database: 'a', table: 'z' },
      { database: 'a', table: 'b' },
    ];
    expect(nextTable(tables, null)).toEqual({ database: 'a', table: 'b' });
    expect(nextTable(tables, { database: 'a', table: 'b' })).toEqual({ database: 'a', table: 'z' });
    expect(nextTable(tables, { database: 'b', table: 'a' })).toBeNull();
    const [task] = initialProgress(1).tasks;
    if (task === undefined) throw new Error('no task');
    const at = { database: 'a', table: 'b', key: [], last: null, chunk: 3, rows: 7, estimatedRows: 9 };
    expect(endTable({ ...task, at })).toMatchObject({
      at: null,
      after: { table: 'b' },
      tablesDone: 1,
      rowsDone: 7,
    });
    expect(endTable({ ...task, table: { database: 'a', table: 'b' }, at })).toBeNull();
  });
});

describe('the poll of requests', () => {
  /** A Redis of one hash, and a run that notes what it is told. */
  const bench = (isWhole = true) => {
    const stored = new Map([['r1', start('r1')]]);
    const calls: string[] = [];
    const store = {
      list: () => Promise.resolve({ requests: [...stored.values()], isWhole }),
      remove: (ids: readonly string[]) => {
        for (const id of ids) stored.delete(id);
        return Promise.resolve();
      },
    };
    const run = {
      request: (requests: readonly SnapshotRequest[]) => {
        calls.push(...requests.map(({ id }) => `request ${id}`));
        return Promise.resolve();
      },
      forget: (ids: readonly string[]) => {
        calls.push(...ids.map((id) => `forget ${id}`));
        return Promise.resolve();
      },
    };
    const poll = new RequestPoll(store, run, null);
    return { stored, calls, poll };
  };

  it('takes a request away behind the commit that holds it, and forgets it when it is gone', async () => {
    const { stored, calls, poll } = bench();
    await poll.look();
    expect([calls, stored.size]).toEqual([['request r1'], 1]);
    poll.committed({ tasks: [], handled: ['r1'] });
    await poll.look();
    expect([calls, stored.size]).toEqual([['request r1'], 0]);
    await poll.look();
    expect(calls).toEqual(['request r1', 'forget r1']);
    poll.close();
  });

  it('forgets nothing while a node that may still hold it does not answer', async () => {
    const { stored, calls, poll } = bench(false);
    poll.committed({ tasks: [], handled: ['r1'] });
    await poll.look();
    await poll.look();
    expect([calls, stored.size]).toEqual([[], 0]);
    poll.close();
  });
});
