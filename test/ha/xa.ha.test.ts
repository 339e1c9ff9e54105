import { describe, expect, it, onTestFinished } from 'vitest';
import { HaCluster } from '../support/ha-cluster.ts';
import { LoadConnection } from '../support/load-connection.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Row {
  readonly id: number;
  readonly commit: boolean;
  readonly epoch: number;
  readonly messageId: string;
}

/** A table of the test's own, and sessions that prepare and end XA transactions in it. */
class XaWork {
  readonly #cluster: HaCluster;
  readonly #sessions: LoadConnection[] = [];
  readonly #table: string;
  /** The ids of committed rows, a transaction each, in the order of their commits. */
  readonly committed: (readonly number[])[] = [];

  constructor(cluster: HaCluster) {
    this.#cluster = cluster;
    this.#table = `${cluster.place.database}.xa_rows`;
  }

  async #session(): Promise<LoadConnection> {
    const { source, flavor } = this.#cluster.place;
    const session = new LoadConnection(source, flavor);
    await session.open();
    this.#sessions.push(session);
    return session;
  }

  async createTable(): Promise<void> {
    const session = await this.#session();
    await session.run(`CREATE TABLE ${this.#table} (id INT PRIMARY KEY) ENGINE=InnoDB`);
  }

  /** An ordinary transaction; resolves when its row was read. */
  async ordinary(id: number): Promise<void> {
    await this.#sessions[0]?.run(`INSERT INTO ${this.#table} VALUES (${id})`);
    this.committed.push([id]);
    await this.isRead(id);
  }

  /** Prepares rows and leaves the session, as a crashed client does. */
  async prepare(xid: string, ids: readonly number[]): Promise<void> {
    const session = await this.#session();
    await session.run(`XA START '${this.#cluster.place.clientId}','${xid}'`);
    for (const id of ids) await session.run(`INSERT INTO ${this.#table} VALUES (${id})`);
    await session.run(`XA END '${this.#cluster.place.clientId}','${xid}'`);
    await session.run(`XA PREPARE '${this.#cluster.place.clientId}','${xid}'`);
    session.close();
  }

  async end(verb: 'COMMIT' | 'ROLLBACK', xid: string, ids: readonly number[]): Promise<void> {
    // The server hands a prepared transaction over a moment after its session has ended.
    const isEnded = async (): Promise<boolean> =>
      (await this.#sessions[0]?.run(`XA ${verb} '${this.#cluster.place.clientId}','${xid}'`).then(
        () => true,
        () => false,
      )) ?? false;
    await waitUntil(isEnded, { timeoutMs: 30_000, what: `XA ${verb}` });
    if (verb === 'COMMIT') this.committed.push(ids);
  }

  rows(): Row[] {
    return this.#cluster.tail.records.map(({ value, epoch, messageId }) => {
      const { data, commit } = JSON.parse(value ?? '{}') as { data: { id: number }; commit?: boolean };
      return { id: data.id, commit: commit === true, epoch, messageId };
    });
  }

  isRead(id: number): Promise<boolean> {
    const look = (): boolean => this.rows().some((row) => row.id === id);
    return waitUntil(look, { timeoutMs: 30_000, what: `row ${id}` });
  }

  close(): void {
    for (const session of this.#sessions) session.close();
  }
}

describe.each([
  ['mysql', 'true'],
  ['mariadb', 'true'],
  ['mysql', 'false'],
] as const)('XA transactions across leaders (%s, gtid_mode=%s)', (flavor, gtidMode) => {
  it('neither loses nor doubles what is prepared under one leader and committed under another', async () => {
    const cluster = await HaCluster.create({ flavor, config: { gtid_mode: gtidMode } });
    const work = new XaWork(cluster);
    onTestFinished(() => work.close());
    await work.createTable();
    const first = await cluster.startLedBy('a', 'b');

    await work.prepare('crash', [10, 11, 12]);
    await work.ordinary(1);
    await work.prepare('switchover', [20, 21]);
    await work.prepare('dropped', [30]);
    await work.prepare('sent', [40, 41]);
    await work.prepare('ended', [50]);
    await work.ordinary(2);
    // Killed between PREPARE and COMMIT.
    await cluster.crash('a');
    await work.end('COMMIT', 'crash', [10, 11, 12]);
    await work.isRead(12);
    const second = await cluster.leader(first.epoch);
    await cluster.start('a');
    await cluster.replica('a').waitForRole('standby', 30_000);
    // A planned change while others are prepared.
    await work.ordinary(3);
    expect((await cluster.command('b', 'switchover')).code).toBe(0);
    await work.end('ROLLBACK', 'dropped', []);
    await work.end('COMMIT', 'switchover', [20, 21]);
    await work.isRead(21);
    // Killed between XA COMMIT and the commit in Kafka, before and after the brokers know of it.
    let leader = await cluster.leader(second.epoch);
    for (const [name, ids, next] of [
      ['sent', [40, 41], 4],
      ['ended', [50], 5],
    ] as const) {
      const other = leader.replica === 'a' ? 'b' : 'a';
      await cluster.replica(other).waitForRole('standby', 30_000);
      const { replica } = leader;
      const bite = cluster.failpoints.order({ name: `transaction.${name}`, action: 'kill', replica });
      await work.end('COMMIT', name, ids);
      await bite;
      await cluster.replica(replica).exited;
      cluster.failpoints.clear();
      leader = await cluster.leader(leader.epoch);
      await work.ordinary(next);
      await cluster.start(replica);
    }

    const rows = work.rows();
    const byId = (a: number, b: number): number => a - b;
    expect(rows.map(({ id }) => id).toSorted(byId)).toEqual(work.committed.flat().toSorted(byId));
    expect(new Set(rows.map(({ messageId }) => messageId)).size).toBe(rows.length);
    for (const ids of work.committed) {
      const own = ids.map((id) => rows.find((row) => row.id === id));
      expect(own.map((row) => row?.commit)).toEqual(ids.map((id) => id === ids.at(-1)));
      const transaction = own[0]?.messageId.split('#')[0] ?? '';
      expect(own.map((row) => row?.messageId)).toEqual(ids.map((_, index) => `${transaction}#${index}`));
    }
    expect(rows.find(({ id }) => id === 10)?.epoch).toBe(second.epoch);
  });
});
