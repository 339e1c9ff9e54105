import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST } from './free-port.ts';
import { aptInstall } from './install.ts';
import { progress } from './progress.ts';
import { findProgram, runCommand } from './run-command.ts';
import type { ServerCommand } from './server-process.ts';
import { sqlVersion } from './sql-probe.ts';
import { StackError } from './stack-error.ts';
import type { Accounts, ServerEntry } from './stack-file.ts';

const START_TIMEOUT_MS = 60_000;
const INSTEAD = 'HEAVISIDE_TEST_MARIADB=mysql://user:password@host:port';

async function program(name: string): Promise<string> {
  const found = findProgram(name);
  if (found !== undefined) return found;
  // The core package: the server without a service, and without a conflict with a MySQL beside it.
  await aptInstall('mariadb', ['mariadb-server-core', 'mariadb-client-core'], INSTEAD);
  const installed = findProgram(name);
  if (installed === undefined)
    throw new StackError(`mariadb cannot be had: no ${name} on the PATH; set ${INSTEAD}`);
  return installed;
}

function optionFile(entry: ServerEntry, folder: string): string {
  return [
    '[mariadbd]',
    ...(process.getuid?.() === 0 ? ['user=root'] : []),
    `socket=${join('/tmp', `heaviside-mariadb-${entry.port}.sock`)}`, // a socket's path has at most 107 bytes
    `pid-file=${join(folder, 'mariadbd.pid')}`,
    `bind-address=${HOST}`,
    `port=${entry.port}`,
    'skip-name-resolve',
    'default-time-zone=+00:00', // the same on every machine
    'max-connections=200',
    'max-allowed-packet=64M', // as MySQL has it
    'character-set-server=utf8mb4',
    'server-id=2',
    'gtid-domain-id=0',
    'gtid-strict-mode=ON',
    'log-bin=binlog',
    'binlog-format=ROW',
    'binlog-row-image=FULL',
    'binlog-row-metadata=FULL',
    // Speed: a killed mariadbd loses nothing by these two, only a crash of the machine would.
    'sync-binlog=0',
    'innodb-flush-log-at-trx-commit=2',
    'innodb-buffer-pool-size=256M',
    '',
  ].join('\n');
}

function accountStatements(accounts: Accounts): string {
  return [
    // mariadb-install-db's own: root without a password at 127.0.0.1 and the like, which would go before root@'%'.
    `DELETE FROM mysql.global_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');`,
    'FLUSH PRIVILEGES;', // a bootstrapping server knows no accounts before
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${accounts.root}';`,
    `CREATE USER 'root'@'%' IDENTIFIED BY '${accounts.root}';`,
    `GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;`,
    `CREATE USER 'maxwell'@'%' IDENTIFIED BY '${accounts.maxwell}';`,
    `GRANT SELECT, BINLOG MONITOR, REPLICATION SLAVE ON *.* TO 'maxwell'@'%';`, // BINLOG MONITOR = REPLICATION CLIENT
    '',
  ].join('\n');
}

async function initialise(folder: string, defaults: string, accounts: Accounts): Promise<void> {
  progress('mariadb', 'creating its data');
  const fresh = join(folder, 'data.new');
  const statements = join(folder, 'accounts.sql');
  rmSync(fresh, { recursive: true, force: true });
  writeFileSync(statements, accountStatements(accounts), { mode: 0o600 });
  await runCommand(await program('mariadb-install-db'), [
    defaults,
    `--datadir=${fresh}`,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    `--extra-file=${statements}`,
  ]);
  rmSync(statements);
  renameSync(fresh, join(folder, 'data'));
}

/** Makes sure that a MariaDB and its data exist, and gives the command that starts it. Throws StackError. */
export async function mariadbCommand(
  entry: ServerEntry,
  dir: string,
  accounts: Accounts,
): Promise<ServerCommand> {
  const command = await program('mariadbd');
  const folder = join(dir, 'mariadb');
  mkdirSync(folder, { recursive: true });
  const optionPath = join(folder, 'my.cnf');
  writeFileSync(optionPath, optionFile(entry, folder));
  const defaults = `--defaults-file=${optionPath}`;
  const data = join(folder, 'data');
  if (!existsSync(data)) await initialise(folder, defaults, accounts);
  return {
    command,
    args: [defaults, `--datadir=${data}`],
    cwd: folder,
    logFile: join(folder, 'mariadbd.log'),
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
