import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BinlogPort } from '../../src/assembly/source-port.ts';
import { loadConfigText } from '../support/load-config-text.ts';
import { MemoryLog } from '../support/memory-log.ts';
import { ProductPlace } from '../support/product-place.ts';

// Tables as Maxwell 1.45 makes them, and what it leaves in them when it is stopped: the last thing that it reads is a
// heartbeat of its own. Its place is the end of that row, in front of the commit; its GTID set is the one before it.
const positions = `positions (server_id INT UNSIGNED NOT NULL, binlog_file VARCHAR(255), binlog_position INT UNSIGNED,
  gtid_set VARCHAR(4096), client_id VARCHAR(255) CHARACTER SET latin1 NOT NULL DEFAULT 'maxwell', heartbeat_at BIGINT,
  last_heartbeat_read BIGINT, PRIMARY KEY (server_id, client_id))`;
const heartbeats = `heartbeats (server_id INT UNSIGNED NOT NULL,
  client_id VARCHAR(255) CHARACTER SET latin1 NOT NULL DEFAULT 'maxwell', heartbeat BIGINT NOT NULL,
  PRIMARY KEY (server_id, client_id))`;

type Flavor = 'mysql' | 'mariadb';

/** The command as it stands on the page. */
const page = readFileSync(
  fileURLToPath(new URL('../../docs/runbooks/moving-from-maxwell.md', import.meta.url)),
  'utf8',
);
const documented = /^heaviside (position set .*)$/m.exec(page)?.[1]?.split(' ') ?? [];

let place: ProductPlace;
const maxwellOf = (database: string): string => `${database}_maxwell`;

beforeAll(async () => {
  place = await ProductPlace.open('moving');
});
afterAll(() => place.close());

async function serverId(flavor: Flavor): Promise<number> {
  const [row] = await place.sql(flavor, 'SELECT @@server_id AS id');
  return Number(row?.['id']);
}

async function now(flavor: Flavor): Promise<{ file: string; offset: number; gtids: string }> {
  const [row] = await place.sql(flavor, flavor === 'mysql' ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS');
  const [state] =
    flavor === 'mysql' ? [row] : await place.sql(flavor, 'SELECT @@gtid_binlog_pos AS Executed_Gtid_Set');
  return {
    file: String(row?.['File']),
    offset: Number(row?.['Position']),
    gtids: String(state?.['Executed_Gtid_Set']).replaceAll('\n', ''),
  };
}

/** A Maxwell that replicated `done` and was stopped; `next1` and `next2` came after it. */
async function stoppedMaxwell(flavor: Flavor, database: string, withGtid: boolean): Promise<void> {
  const maxwell = maxwellOf(database);
  await place.createDatabase(flavor, database);
  await place.createDatabase(flavor, maxwell);
  const id = withGtid ? 0 : await serverId(flavor);
  await place.sql(
    flavor,
    `CREATE TABLE ${maxwell}.${positions}`,
    `CREATE TABLE ${maxwell}.${heartbeats}`,
    `INSERT INTO ${maxwell}.heartbeats VALUES (${id}, 'old', 1)`,
  );
  await place.insert(flavor, database, ['done']);
  const before = await now(flavor);
  await place.sql(flavor, `UPDATE ${maxwell}.heartbeats SET heartbeat = 2`);
  const events = await place.sql(flavor, `SHOW BINLOG EVENTS IN '${before.file}' FROM ${before.offset}`);
  // Other tests write meanwhile: the heartbeat is the first row behind the description of its table.
  const table = events.findIndex(({ Info: info }) => String(info).includes(`(${maxwell}.heartbeats)`));
  const row = events.slice(table).find(({ Event_type: type }) => String(type).startsWith('Update_rows'));
  expect([table >= 0, row !== undefined]).toEqual([true, true]);
  await place.sql(
    flavor,
    `INSERT INTO ${maxwell}.positions VALUES (${id}, '${before.file}', ${Number(row?.['End_log_pos'])}, ${
      withGtid ? `'${before.gtids}'` : 'NULL'
    }, 'old', NULL, 2), (99, 'elsewhere.000001', 4, NULL, 'other', NULL, 3)`,
  );
  await place.insert(flavor, database, ['next1', 'next2']);
}

const cases: readonly (readonly [string, Flavor, boolean, string])[] = [
  ['mysql_gtid', 'mysql', true, 'auto'],
  ['mysql_file', 'mysql', false, 'false'],
  ['mysql_file_to_gtid', 'mysql', false, 'auto'],
  ['mariadb_gtid', 'mariadb', true, 'auto'],
  ['mariadb_file', 'mariadb', false, 'false'],
  ['mariadb_file_to_gtid', 'mariadb', false, 'auto'],
];

describe('a cluster that goes on where a Maxwell stopped', () => {
  it.each(cases)(
    '%s: begins with the row behind it, and misses none',
    async (id, flavor, withGtid, gtidMode) => {
      const database = `${place.name}_${id}`;
      await stoppedMaxwell(flavor, database, withGtid);
      const config = place.config(id, place.replicator(flavor), database, { gtid_mode: gtidMode });
      const file = join(place.dir, `${id}.properties`);
      writeFileSync(
        file,
        Object.entries(config)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
      );
      const words = documented.map((word) => ({ maxwell: 'old', 'config.properties': file })[word] ?? word);
      const command = place.launch([...words, '--maxwell-database', maxwellOf(database)]);
      const end = await command.end(60_000);
      expect(end, command.stderr).toEqual({ code: 0, signal: null });
      // gtid_mode=false goes on by file and offset, auto by GTID whatever Maxwell had.
      expect(/^\S*\.\d{6}:\d+\n$/.test(command.stdout), command.stdout).toBe(gtidMode === 'false');
      const run = await place.lead(config);
      await place.insert(flavor, database, ['last']);
      expect(await place.values(String(config['kafka_topic']), 3)).toEqual(['next1', 'next2', 'last']);
      await run.stop();
    },
  );
});

describe('a Maxwell that cannot be gone on from', () => {
  const portOf = (flavor: Flavor): BinlogPort => {
    const { host, port, user, password } = place.replicator(flavor);
    const lines = {
      host,
      port,
      user,
      password,
      'kafka.bootstrap.servers': 'localhost:1',
      gtid_mode: 'false',
    };
    const file = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
    return new BinlogPort(loadConfigText({ file: file.join('') }).config, new MemoryLog());
  };
  const database = (): string => maxwellOf(`${place.name}_mysql_file`);

  it.each<[string, string, RegExp]>([
    ['of another name', 'nobody', /has no row of client_id nobody; it has: other, old/],
    [
      'that read another server',
      'other',
      /is of server id 99, and a file and offset there; this source has server id 1$/,
    ],
  ])('%s is refused with what is there', async (_, clientId, message) => {
    const asked = portOf('mysql').maxwellPosition({ database: database(), clientId });
    await expect(asked).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringMatching(message) as string,
    });
  });

  it('that kept its tables elsewhere is refused with the grant', async () => {
    const asked = portOf('mysql').maxwellPosition({ database: 'nowhere', clientId: 'old' });
    await expect(asked).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringMatching(/GRANT SELECT ON nowhere\.\*/) as string,
    });
  });

  it('whose binlog is gone is refused', async () => {
    await place.sql(
      'mysql',
      `UPDATE ${database()}.positions SET server_id = ${await serverId('mysql')} WHERE client_id = 'other'`,
    );
    const asked = portOf('mysql').maxwellPosition({ database: database(), clientId: 'other' });
    await expect(asked).rejects.toMatchObject({ code: 'BINLOG_PURGED' });
  });
});
