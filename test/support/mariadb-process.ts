import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, HOST } from '../../scripts/stack/free-port.ts';
import { findProgram, runCommand } from '../../scripts/stack/run-command.ts';
import { sqlVersion } from '../../scripts/stack/sql-probe.ts';
import { waitUntil } from './wait-until.ts';
import { runStatements } from './run-statements.ts';

const PASSWORD = 'of-this-test';
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Options of mariadbd that a test changes; `false` leaves one out. */
export type MariadbOptions = Readonly<Record<string, string | false>>;

function program(name: string): string {
  const found = findProgram(name);
  if (found === undefined)
    throw new Error(`${name} is not on the PATH: ensureStack({ mariadb: true }) installs it`);
  return found;
}

/** A MariaDB of a test's own with a fresh data folder, whose settings and binlogs it may spoil. root may come by TCP. */
export class MariadbProcess {
  readonly host = HOST;
  readonly port: number;
  readonly user = 'root';
  readonly password = PASSWORD;
  readonly #dir: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, dir: string) {
    this.port = port;
    this.#dir = dir;
  }

  /** Creates the data and starts it; takes about three seconds. */
  static async start(serverId: number, options: MariadbOptions = {}): Promise<MariadbProcess> {
    const dir = mkdtempSync(join(tmpdir(), 'heaviside-mariadb-'));
    const server = new MariadbProcess(await freePort(new Set()), dir);
    const statements = join(dir, 'accounts.sql');
    // One statement a line: that is how a bootstrapping server reads them.
    const accounts = [
      "DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');",
      'FLUSH PRIVILEGES;',
      `CREATE USER 'root'@'%' IDENTIFIED BY '${PASSWORD}';`,
      "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;",
      '',
    ];
    writeFileSync(statements, accounts.join('\n'));
    const data = [`--datadir=${join(dir, 'data')}`, ...(process.getuid?.() === 0 ? ['--user=root'] : [])];
    await runCommand(
      program('mariadb-install-db'),
      [
        '--no-defaults',
        ...data,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        `--extra-file=${statements}`,
      ],
      { env: { TMPDIR: dir } }, // two at a time would meet in each other's temporary tables
    );
    await server.restart(serverId, options);
    return server;
  }

  /** Starts it on its data with other options. */
  async restart(serverId: number, changed: MariadbOptions = {}): Promise<void> {
    await this.stop();
    const options: MariadbOptions = {
      'server-id': String(serverId),
      'log-bin': 'binlog',
      'binlog-format': 'ROW',
      'binlog-row-metadata': 'FULL',
      'default-time-zone': '+00:00',
      'skip-name-resolve': '1',
      'innodb-buffer-pool-size': '32M',
      'innodb-log-file-size': '16M',
      'sync-binlog': '0',
      'innodb-flush-log-at-trx-commit': '2',
      ...changed,
    };
    const given = Object.entries(options).flatMap(([name, value]) =>
      value === false ? [] : [`--${name}=${value}`],
    );
    const log = openSync(join(this.#dir, 'mariadbd.log'), 'a');
    const child = spawn(
      program('mariadbd'),
      [
        '--no-defaults',
        ...(process.getuid?.() === 0 ? ['--user=root'] : []),
        `--datadir=${join(this.#dir, 'data')}`,
        `--socket=${join(this.#dir, 'sock')}`,
        `--bind-address=${HOST}`,
        `--port=${this.port}`,
        ...given,
      ],
      { stdio: ['ignore', log, log], cwd: this.#dir, env: { ...process.env, TMPDIR: this.#dir } },
    );
    closeSync(log);
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    const isUp = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`mariadbd ended: ${this.#lastWords()}`);
      return sqlVersion(this).then(
        () => true,
        () => false,
      );
    };
    await waitUntil(isUp, { timeoutMs: 30_000, what: 'mariadbd to serve', everyMs: 50 });
  }

  /** Runs statements as root, one after another, on a connection of their own; resolves to the rows of the last one. */
  run(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
    return runStatements(this, statements);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #lastWords(): string {
    return readFileSync(join(this.#dir, 'mariadbd.log'), 'utf8').trimEnd().split('\n').slice(-5).join('\n');
  }
}
