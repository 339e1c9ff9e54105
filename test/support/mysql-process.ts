import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, HOST } from '../../scripts/stack/free-port.ts';
import { mysqlCommand } from '../../scripts/stack/mysql.ts';
import { startProcess, stopProcess } from '../../scripts/stack/server-process.ts';
import { stackDir, type ServerEntry } from '../../scripts/stack/stack-file.ts';
import { runStatements } from './run-statements.ts';

const PASSWORD = 'of-this-test';
const GRACE_MS = 30_000;

/** A MySQL of a test's own with a fresh data folder, whose binlogs and replication it may spoil. root may come by TCP. */
export class MysqlProcess {
  readonly host = HOST;
  readonly user = 'root';
  readonly password = PASSWORD;
  readonly #entry: ServerEntry;
  readonly #dir: string;

  private constructor(entry: ServerEntry, dir: string) {
    this.#entry = entry;
    this.#dir = dir;
  }

  /** Creates the data and starts it; takes about ten seconds. The stack must have fetched MySQL before. */
  static async start(serverId: number): Promise<MysqlProcess> {
    const dir = mkdtempSync(join(tmpdir(), 'heaviside-mysql-'));
    symlinkSync(join(stackDir(), 'cache'), join(dir, 'cache'));
    const port = await freePort(new Set());
    const server = new MysqlProcess({ name: 'mysql', kind: 'mysql', port, pid: null, startTicks: null }, dir);
    const command = await mysqlCommand(server.#entry, dir, { root: PASSWORD, maxwell: PASSWORD });
    await startProcess(
      server.#entry,
      { ...command, args: [...command.args, `--server-id=${serverId}`] },
      () => undefined,
    );
    await server.run('RESET BINARY LOGS AND GTIDS'); // the accounts are no history to replicate
    return server;
  }

  get port(): number {
    return this.#entry.port;
  }

  /** Runs statements on one connection; resolves to the rows of the last. */
  run(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    return runStatements(this, statements);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await stopProcess(this.#entry, 'SIGKILL', GRACE_MS);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
