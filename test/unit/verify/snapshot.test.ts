import { describe, expect, it } from 'vitest';
import type { SqlRow } from '../../../src/binlog/mysql-client.ts';
import type { PositionRecord } from '../../../src/model/position-record.ts';
import { parseMessageId, type MessagePlace } from '../../../src/verify/message-id.ts';
import { takeSnapshot } from '../../../src/verify/snapshot.ts';
import type { SourceSession } from '../../../src/verify/source-session.ts';

const uuid = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const other = '4e11fa47-71ca-11e1-9e33-c80aa9429562';

/** A MySQL that answers with one set of executed GTIDs after the other, and with what follows its binlog's end. */
function session(executed: string[], nextEvents: SqlRow[]): SourceSession {
  return {
    identity: { flavor: 'mysql', version: '8.4.0', id: uuid, serverId: 1, hostname: 'h', hasGtid: true },
    query: (sql) => {
      if (sql.includes('gtid_executed')) return Promise.resolve([{ gtids: executed.shift() ?? '' }]);
      if (sql.startsWith('SHOW BINARY LOG'))
        return Promise.resolve([
          { File: 'binlog.000001', Position: '500', Executed_Gtid_Set: `${uuid}:1-10` },
        ]);
      if (sql.startsWith('SHOW BINLOG EVENTS')) return Promise.resolve(nextEvents);
      return Promise.resolve([]);
    },
    rows: () => {
      throw new Error('not asked for');
    },
    close: () => undefined,
  };
}

const gtid = (id: string): MessagePlace => {
  const place = parseMessageId(`${id}#0`, 'mysql', true);
  if (!place) throw new Error(id);
  return place;
};
const position = (gtidSet: string, prepared: string[] = []): PositionRecord =>
  ({ gtidSet, prepared: prepared.map((id) => ({ id, xid: 'x' })) }) as unknown as PositionRecord;

describe('a snapshot of MySQL', () => {
  it('under load: what stands before the end of the binlog and was not executed before is unclear', async () => {
    const next = [{ Info: `SET @@SESSION.GTID_NEXT= '${uuid}:13'` }];
    const snapshot = await takeSnapshot({
      session: session([`${uuid}:1-10`, `${uuid}:1-14,${other}:1-3`], next),
      usesGtid: true,
      locked: null,
    });
    const side = (id: string): string => snapshot.side(gtid(id));
    expect([10, 11, 12, 13, 14].map((number) => side(`${uuid}:${number}`))).toEqual([
      'inside',
      'unclear',
      'unclear',
      'outside',
      'outside',
    ]);
    expect([side(`${other}:3`), side(`${other}:4`)]).toEqual(['unclear', 'outside']);
    // Whoever has the one behind the end has everything before it.
    expect(snapshot.isReached(position(`${uuid}:1-12`))).toBe(false);
    expect(snapshot.isReached(position(`${uuid}:1-13`))).toBe(true);
  });

  it('when it is quiet: all that was executed at last', async () => {
    const snapshot = await takeSnapshot({
      session: session([`${uuid}:1-10`, `${uuid}:1-11`], []),
      usesGtid: true,
      locked: null,
    });
    expect(['10', '11', '12'].map((number) => snapshot.side(gtid(`${uuid}:${number}`)))).toEqual([
      'inside',
      'unclear',
      'outside',
    ]);
    expect(snapshot.isReached(position(`${uuid}:1-10`))).toBe(false);
    // A prepared XA transaction is executed for the source, and not replicated yet.
    expect(snapshot.isReached(position(`${uuid}:1-10`, [`${uuid}:11`]))).toBe(true);
  });

  it('under a lock: exactly what was executed', async () => {
    let isLocked = false;
    const snapshot = await takeSnapshot({
      session: session([], []),
      usesGtid: true,
      locked: async (job) => {
        isLocked = true;
        return job();
      },
    });
    expect(isLocked).toBe(true);
    expect([snapshot.side(gtid(`${uuid}:10`)), snapshot.side(gtid(`${uuid}:11`))]).toEqual([
      'inside',
      'outside',
    ]);
  });
});
