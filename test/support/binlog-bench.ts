import { tmpdir } from 'node:os';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import type { SqlServer } from '../../scripts/stack/stack-info.ts';
import { openBinlogStream, type BinlogStreamOptions } from '../../src/binlog/binlog-source.ts';
import type { BinlogStream } from '../../src/binlog/binlog-stream.ts';
import { openQueryConnection, type Query, type SourceAddress } from '../../src/binlog/mysql-client.ts';
import {
  readCurrentPosition,
  readSourceIdentity,
  type SourceIdentity,
} from '../../src/binlog/source-identity.ts';
import type { Position, SourceFlavor } from '../../src/model/position.ts';
import type { RowsEvent, SourceTransaction } from '../../src/model/transaction.ts';

export interface BinlogBench {
  readonly flavor: SourceFlavor;
  readonly identity: SourceIdentity;
  readonly database: string;
  /** The account with Maxwell's grants only. */
  readonly address: SourceAddress;
  /** A session of the administrator in the database. */
  readonly admin: Query;
  /** Opens one more such session; closed with the bench. */
  session(): Promise<Query>;
  now(usesGtid: boolean): Promise<Position>;
  open(from: Position, changed?: Partial<BinlogStreamOptions>): Promise<BinlogStream>;
  close(): Promise<void>;
}

const addressOf = (
  server: SqlServer,
  account: { readonly user: string; readonly password: string },
): SourceAddress => ({
  host: server.host,
  port: server.port,
  user: account.user,
  password: account.password,
  tls: { mode: 'PREFERRED' },
  connectTimeoutMs: 20_000,
});

/** A database of its own on the real server, and streams that read from it. */
export async function openBinlogBench(
  flavor: SourceFlavor,
  database: string,
  replicaServerId: number,
): Promise<BinlogBench> {
  const server = (await ensureStack({ [flavor]: true }))[flavor];
  if (server === undefined) throw new Error(`no ${flavor} in the stack`);
  const closers: (() => Promise<void>)[] = [];
  const connect = async (): Promise<Query> => {
    const connection = await openQueryConnection(addressOf(server, server));
    closers.push(connection.close);
    return connection.query;
  };
  const admin = await connect();
  await admin(`DROP DATABASE IF EXISTS ${database}`);
  await admin(`CREATE DATABASE ${database}`);
  await admin(`USE ${database}`);
  const identity = await readSourceIdentity(admin);
  const address = addressOf(server, server.replicator);
  return {
    flavor,
    identity,
    database,
    address,
    admin,
    session: async () => {
      const query = await connect();
      await query(`USE ${database}`);
      return query;
    },
    now: (usesGtid) => readCurrentPosition(admin, identity, usesGtid),
    open: async (from, changed = {}) => {
      const stream = await openBinlogStream({
        address,
        replicaServerId,
        flavor,
        from,
        expectedIdentity: identity.id,
        expectedFileCreatedAt: null,
        verify: null,
        heartbeatMs: 1000,
        maxQueueBytes: 16 * 1024 * 1024,
        spillThresholdBytes: 16 * 1024 * 1024,
        spillDirectory: tmpdir(),
        replicateIgnoreServerIds: [],
        keepsQueryText: false,
        decodeLabel: (bytes) => bytes.toString('utf8'),
        needsColumns: (name) => name === database,
        signal: new AbortController().signal,
        onWarning: () => undefined,
        ...changed,
      });
      closers.unshift(() => stream.close());
      return stream;
    },
    close: async () => {
      await admin(`DROP DATABASE IF EXISTS ${database}`);
      for (const close of closers) await close();
    },
  };
}

/** All rows events of a transaction. */
export async function rowsOf(transaction: SourceTransaction): Promise<RowsEvent[]> {
  const events: RowsEvent[] = [];
  for await (const group of transaction.rowsEvents()) events.push(...group);
  return events;
}

/** The next `count` transactions that touch the database by rows or schema change. Other tests share the server. */
export async function takeOf(
  stream: BinlogStream,
  database: string,
  count: number,
): Promise<SourceTransaction[]> {
  const found: SourceTransaction[] = [];
  while (found.length < count) {
    for (const transaction of await stream.take()) {
      if (await touches(transaction, database)) found.push(transaction);
    }
  }
  return found;
}

async function touches(transaction: SourceTransaction, database: string): Promise<boolean> {
  const { schemaChange } = transaction;
  if (schemaChange !== null && (schemaChange.database === database || schemaChange.sql.includes(database)))
    return true;
  for await (const [event] of transaction.rowsEvents()) return event?.table.database === database;
  return false;
}

/** The position behind a transaction. */
export function positionAfter(position: Position, transaction: SourceTransaction): Position {
  const gtids = transaction.gtid === null ? position.gtids : (position.gtids?.add(transaction.gtid) ?? null);
  return { gtids, coordinates: transaction.end };
}
