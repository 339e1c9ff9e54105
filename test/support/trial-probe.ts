// Inserts a row every few milliseconds and notes when a consumer that reads committed has it; nothing else goes on in this process.
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { monotonicEpochMs } from './monotonic-epoch.ts';
import { firstMessage, tell } from './script-child.ts';
import { TopicTail } from './topic-tail.ts';

export interface ProbeOptions {
  readonly server: SqlServer;
  /** A table `(id INT PRIMARY KEY)` that the product writes into the topic, which has nothing else. */
  readonly table: string;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly everyMs: number;
}

/** One row; times in milliseconds since 1970 by the clock of this process. */
export interface Probe {
  readonly id: number;
  /** The statement was sent, and acknowledged. */
  readonly sentAt: number;
  readonly ackedAt: number;
  readonly arrivedAt: number;
  /** Of the leader that wrote it. */
  readonly epoch: number;
}

const { server, table, brokers, topic, everyMs } = await firstMessage<ProbeOptions>();
const tail = await TopicTail.open(brokers, [topic]);
const { host, port, user, password } = server;
const session = await createConnection({ host, port, user, password });
const rows = new Map<number, { readonly sentAt: number; ackedAt: number | null }>();
const arrived = new Map<number, { readonly arrivedAt: number; readonly epoch: number }>();

setInterval(() => {
  for (const { value, arrivedAt, epoch } of tail.records.splice(0)) {
    const { data } = JSON.parse(value ?? '') as { readonly data: { readonly id: number } };
    arrived.set(data.id, { arrivedAt, epoch });
  }
  // A record may arrive before the acknowledgement does.
  for (const [id, arrival] of arrived) {
    const row = rows.get(id);
    if (row === undefined || row.ackedAt === null) continue;
    tell({ id, sentAt: row.sentAt, ackedAt: row.ackedAt, ...arrival } satisfies Probe);
    rows.delete(id);
    arrived.delete(id);
  }
}, 20);

const startedAt = monotonicEpochMs();
for (let id = 1; ; id++) {
  const row = { sentAt: monotonicEpochMs(), ackedAt: null as number | null };
  rows.set(id, row);
  await session.query(`INSERT INTO ${table} VALUES (${id})`);
  row.ackedAt = monotonicEpochMs();
  await sleep(Math.max(0, startedAt + id * everyMs - row.ackedAt));
}
