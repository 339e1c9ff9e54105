import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HOST } from './free-port.ts';
import { unpackSidClosure } from './install.ts';
import { progress } from './progress.ts';
import { findProgram, runCommand } from './run-command.ts';
import type { ServerCommand } from './server-process.ts';
import { sqlVersion } from './sql-probe.ts';
import { StackError } from './stack-error.ts';
import type { Accounts, ServerEntry } from './stack-file.ts';
import { unpackedProgram } from './unpacked-program.ts';

const START_TIMEOUT_MS = 90_000;

/** A mysqld to be run: the command in front of the options, and the options its place asks for. */
interface Mysqld {
  readonly command: string;
  readonly args: readonly string[];
  readonly placeOptions: readonly string[];
}

async function systemMysqld(): Promise<Mysqld | undefined> {
  const command = findProgram('mysqld');
  if (command === undefined) return undefined;
  const text = await runCommand(command, ['--no-defaults', '--version']).catch(() => '');
  const [, major = 0, minor = 0] = /Ver (\d+)\.(\d+)\.\d+/.exec(text) ?? [];
  const isRecent = Number(major) > 8 || (Number(major) === 8 && Number(minor) >= 4);
  return isRecent && !text.includes('MariaDB') ? { command, args: [], placeOptions: [] } : undefined;
}

function unpackedMysqld(root: string): Mysqld {
  const { command, args } = unpackedProgram(root, 'usr/sbin/mysqld');
  return {
    command,
    args,
    placeOptions: [
      `basedir=${join(root, 'usr')}`,
      `lc-messages-dir=${join(root, 'usr/share/mysql')}`,
      `character-sets-dir=${join(root, 'usr/share/mysql/charsets')}`,
      `plugin-dir=${join(root, 'usr/lib/mysql/plugin')}`,
    ],
  };
}

async function mysqld(dir: string): Promise<Mysqld> {
  const found = await systemMysqld();
  if (found !== undefined) return found;
  const root = join(dir, 'cache', 'mysql');
  if (!existsSync(root))
    await unpackSidClosure('mysql', ['mysql-server-core'], root).catch((error: unknown) => {
      throw new StackError(
        `mysql cannot be had: install MySQL 8.4 or newer so that mysqld is on the PATH, or name a server of your own with HEAVISIDE_TEST_MYSQL=mysql://user:password@host:port.\n${String(error)}`,
      );
    });
  return unpackedMysqld(root);
}

// Not below the stack's folder: a socket's path has at most 107 bytes.
const socketPath = (entry: ServerEntry): string => join('/tmp', `heaviside-mysql-${entry.port}.sock`);

function optionFile(entry: ServerEntry, folder: string, server: Mysqld): string {
  return [
    '[mysqld]',
    ...server.placeOptions,
    ...(process.getuid?.() === 0 ? ['user=root'] : []),
    `datadir=${join(folder, 'data')}`,
    `socket=${socketPath(entry)}`,
    `pid-file=${join(folder, 'mysqld.pid')}`,
    'secure-file-priv=',
    `bind-address=${HOST}`,
    `port=${entry.port}`,
    'mysqlx=OFF',
    'skip-name-resolve',
    'default-time-zone=+00:00', // the same on every machine
    'max-connections=200',
    'server-id=1',
    'log-bin=binlog',
    'binlog-format=ROW',
    'binlog-row-image=FULL',
    'binlog-row-metadata=FULL',
    'gtid-mode=ON',
    'enforce-gtid-consistency=ON',
    // Speed: a killed mysqld loses nothing by these two, only a crash of the machine would.
    'sync-binlog=0',
    'innodb-flush-log-at-trx-commit=2',
    'innodb-buffer-pool-size=256M',
    'innodb-redo-log-capacity=256M',
    'performance-schema=OFF',
    '',
  ].join('\n');
}

function accountStatements(accounts: Accounts): string {
  return [
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${accounts.root}';`,
    `CREATE USER 'root'@'%' IDENTIFIED WITH caching_sha2_password BY '${accounts.root}';`,
    `GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;`,
    `CREATE USER 'maxwell'@'%' IDENTIFIED WITH caching_sha2_password BY '${accounts.maxwell}';`,
    `GRANT SELECT, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO 'maxwell'@'%';`,
    '',
  ].join('\n');
}

async function initialise(server: Mysqld, folder: string, accounts: Accounts): Promise<void> {
  progress('mysql', 'creating its data');
  const fresh = join(folder, 'data.new');
  const statements = join(folder, 'accounts.sql');
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(statements, accountStatements(accounts), { mode: 0o600 });
  const defaults = `--defaults-file=${join(folder, 'my.cnf')}`;
  const once = [`--datadir=${fresh}`, '--initialize-insecure', `--init-file=${statements}`];
  await runCommand(server.command, [
    ...server.args,
    defaults,
    ...once,
    `--log-error=${join(folder, 'initialise.log')}`,
  ]);
  rmSync(statements);
  renameSync(fresh, join(folder, 'data'));
}

/** Makes sure that a MySQL of 8.4 or newer and its data exist, and gives the command that starts it. Throws StackError. */
export async function mysqlCommand(
  entry: ServerEntry,
  dir: string,
  accounts: Accounts,
): Promise<ServerCommand> {
  const server = await mysqld(dir);
  const folder = join(dir, 'mysql');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'my.cnf'), optionFile(entry, folder, server));
  // A killed mysqld leaves its lock, and one that nobody has reaped yet would count as the living owner of it.
  for (const file of [socketPath(entry), `${socketPath(entry)}.lock`]) rmSync(file, { force: true });
  if (!existsSync(join(folder, 'data'))) await initialise(server, folder, accounts);
  return {
    command: server.command,
    args: [...server.args, `--defaults-file=${join(folder, 'my.cnf')}`],
    cwd: dirname(folder),
    logFile: join(folder, 'mysqld.log'),
    startTimeoutMs: START_TIMEOUT_MS,
    isReady: async () => {
      entry.version = await sqlVersion({
        host: HOST,
        port: entry.port,
        user: 'root',
        password: accounts.root,
      });
      return true;
    },
  };
}
