import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ensureStack } from '../../scripts/stack/ensure-stack.ts';
import { sequenceOf } from '../support/expected-stream.ts';
import { LoadConnection, type SqlTarget } from '../support/load-connection.ts';
import { LoadGenerator } from '../support/load-generator.ts';
import { readLoadLog, type LoggedTransaction } from '../support/load-log.ts';
import { loadTables, type Flavor } from '../support/load-table.ts';
import { readSourceRows, rowIdentity } from '../support/source-rows.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'heaviside-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function drop(server: SqlTarget, flavor: Flavor, databases: readonly string[]): Promise<void> {
  const connection = new LoadConnection(server, flavor);
  await connection.open();
  for (const name of databases) await connection.run(`DROP DATABASE ${name}`);
  connection.close();
}

interface Folded {
  readonly fold: Map<string, string>;
  readonly ops: Set<string>;
}

/** What the transactions add up to, taken in the order given. */
function foldOf(transactions: readonly LoggedTransaction[]): Folded {
  const fold = new Map<string, string>();
  const ops = new Set<string>();
  for (const { rows } of transactions)
    for (const { op, table: index, before, after } of rows) {
      const table = loadTables[index];
      if (table === undefined || table.isHidden) continue;
      const identity = (texts: readonly string[]): string =>
        rowIdentity(table.name, texts.slice(0, table.keyColumns));
      if (before !== null) fold.delete(identity(before));
      const members = table.columns.map(({ name }, column) => `"${name}":${after?.[column] ?? ''}`);
      if (after !== null) fold.set(identity(after), `{${members.join(',')}}`);
      const isMoved = before !== null && after !== null && identity(before) !== identity(after);
      ops.add(isMoved ? 'move' : op);
    }
  return { fold, ops };
}

describe.each(['mysql', 'mariadb'] as const)('the load generator on %s', (flavor) => {
  it(
    'logs exactly what the source holds, under the GTIDs that the source gave',
    { timeout: 120_000 },
    async () => {
      const stack = await ensureStack({ [flavor]: true });
      const server = stack[flavor];
      if (server === undefined) throw new Error(`${flavor} is missing`);
      const logFile = join(folder, `${flavor}.jsonl`);
      const database = `load_${flavor}_it`;
      const options = { server, flavor, database, seed: 7, rowsPerSecond: 5000, totalRows: 4000, logFile };
      const load = await LoadGenerator.create(options);
      await load.run();

      const { log, progress } = load;
      expect(progress.rows).toBeGreaterThanOrEqual(4000);
      expect(progress.rolledBack).toBeGreaterThan(0);
      const sequences = log.transactions.map(({ gtid }) => sequenceOf(gtid ?? ''));
      expect(new Set(sequences).size).toBe(sequences.length);

      const inOrder = log.transactions.toSorted(
        (a, b) => sequenceOf(a.gtid ?? '') - sequenceOf(b.gtid ?? ''),
      );
      const { fold, ops } = foldOf(inOrder);
      expect(ops).toEqual(new Set(['insert', 'update', 'delete', 'move']));
      expect(fold).toEqual(await readSourceRows(server, flavor, database));
      expect(readLoadLog(logFile)).toEqual(log);
      await drop(server, flavor, [database, load.hiddenDatabase]);
    },
  );

  it('knows what was committed when the connection breaks, at COMMIT too', { timeout: 120_000 }, async () => {
    const stack = await ensureStack({ [flavor]: true });
    const server = stack[flavor];
    if (server === undefined) throw new Error(`${flavor} is missing`);
    let packets = 0;
    const proxy = await TcpProxy.open(server, (bytes) => {
      packets += 1;
      if (bytes.includes('COMMIT') && !bytes.includes('COMMITTED') && packets % 7 < 2)
        return packets % 7 === 0 ? 'cut' : 'cut-answer';
      return packets % 100 === 99 ? 'cut-answer' : 'relay';
    });
    const database = `load_${flavor}_cut_it`;
    const target = { ...server, host: '127.0.0.1', port: proxy.port };
    const options = { server: target, flavor, database, seed: 11, rowsPerSecond: 20_000, totalRows: 5000 };
    // One session: without a GTID the order of the log is then the order of the commits.
    const load = await LoadGenerator.create({ ...options, connections: 1, reconnectMs: 10_000 });
    try {
      await load.run();
    } finally {
      await proxy.close();
    }
    const { transactions } = load.log;
    expect(transactions.some(({ gtid }) => gtid === null)).toBe(true);
    expect(foldOf(transactions).fold).toEqual(await readSourceRows(server, flavor, database));
    await drop(server, flavor, [database, load.hiddenDatabase]);
  });
});
