import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { patience } from '../support/ha-figures.ts';
import { withKafkaAdmin } from '../support/ha-place.ts';
import { LoadConnection } from '../support/load-connection.ts';
import { RunbookLab } from '../support/runbook-lab.ts';
import { waitUntil } from '../support/wait-until.ts';

const TRIAL_ROWS = 300;
const ALL_ROWS = 1200;
/** Topics that the page itself names. */
const trialTopics = ['shop_trial', 'heaviside.shop_trial.positions'];
/** What a stopped Maxwell has in its database. */
const maxwellTables = [
  `positions (server_id INT UNSIGNED NOT NULL, binlog_file VARCHAR(255), binlog_position INT UNSIGNED,
    gtid_set VARCHAR(4096), client_id VARCHAR(255) CHARACTER SET latin1 NOT NULL DEFAULT 'maxwell', heartbeat_at BIGINT,
    last_heartbeat_read BIGINT, PRIMARY KEY (server_id, client_id))`,
  `heartbeats (server_id INT UNSIGNED NOT NULL, client_id VARCHAR(255) CHARACTER SET latin1 NOT NULL DEFAULT 'maxwell',
    heartbeat BIGINT NOT NULL, PRIMARY KEY (server_id, client_id))`,
];

// No Maxwell runs here: one process of ours writes its topic, and the test the row that it leaves when it is stopped.
it('moving-from-maxwell.md: side by side, compared, and cut over without a gap', async () => {
  const lab = await RunbookLab.open('moving-from-maxwell');
  const { cluster } = lab;
  const { brokers, source, flavor, clientId, database } = cluster.place;
  const names = [...trialTopics, `heaviside.${clientId}-maxwell.positions`];
  const removeTopics = (): Promise<void> =>
    withKafkaAdmin(brokers, async (admin) => {
      const existing = new Set(await admin.listTopics());
      await admin.deleteTopics({ topics: names.filter((name) => existing.has(name)) });
    });
  await removeTopics();
  onTestFinished(removeTopics);
  const connection = new LoadConnection(source, flavor);
  await connection.open();
  onTestFinished(async () => {
    await connection.run('DROP DATABASE IF EXISTS maxwell');
    connection.close();
  });
  for (const statement of [
    'DROP DATABASE IF EXISTS maxwell',
    'CREATE DATABASE maxwell',
    ...maxwellTables.map((table) => `CREATE TABLE maxwell.${table}`),
    "INSERT INTO maxwell.heartbeats VALUES (0, 'maxwell', 1)",
    `CREATE TABLE ${database}.moved (id INT PRIMARY KEY, note VARCHAR(40))`,
  ])
    await connection.run(statement);
  let written = 0;
  const writeUpTo = async (last: number): Promise<void> => {
    while (written < last)
      await connection.run(`INSERT INTO ${database}.moved VALUES (${++written}, 'nöte')`);
  };
  const arrived = (count: number): Promise<unknown> =>
    waitUntil(() => cluster.tail.records.length >= count, {
      timeoutMs: 60_000 * patience(),
      what: `${count} records`,
    });

  const maxwell = readFileSync(lab.configFile, 'utf8')
    .replace(/^client_id=.*$/m, `client_id=${clientId}-maxwell`)
    .replaceAll(/^(redis\.nodes|lease_ttl_ms|replica_server_id)=.*\n/gm, '');
  const file = join(lab.dir, 'maxwell.properties');
  writeFileSync(file, `${maxwell}\nreplica_server_id=6379\n`, { mode: 0o600 });
  lab.set({ MAXWELL_CONFIG: file, SOURCE_USER: source.replicator.user });
  await lab.shell(`replica_start maxwell --config "$MAXWELL_CONFIG"
    until grep -q 'reading the binlog' maxwell.log; do sleep 0.2; done`);

  // Both begin before the first row, so their topics must come to hold the same.
  await lab.run('1. Side by side');
  await writeUpTo(TRIAL_ROWS);
  await arrived(TRIAL_ROWS);
  const differences = await lab.run('Compare');
  expect(differences.split('\n').filter((line) => line.startsWith('['))).toEqual([]);
  expect(await lab.shell('wc -l < old.txt; wc -l < new.txt')).toBe(`${TRIAL_ROWS}\n${TRIAL_ROWS}\n`);

  const writing = writeUpTo(ALL_ROWS);
  await lab.shell('replica_stop maxwell');
  const told = await lab.shell('heaviside position get --json --config "$MAXWELL_CONFIG"');
  const { record } = JSON.parse(told) as { record: { gtidSet: string } };
  // On a connection of its own: the other one is writing.
  await lab.shell(
    `mysql -e "INSERT INTO maxwell.positions VALUES (0, 'binlog.000001', 4, '${record.gtidSet}', 'maxwell', NULL, 1)"`,
  );
  await lab.run('3. Cut over');
  await writing;
  await arrived(ALL_ROWS);
  await lab.shell('replica_stop b a');
  const ids = cluster.tail.records.map(({ partition, value }) => ({
    partition,
    id: (JSON.parse(value ?? '{}') as { data: { id: number } }).data.id,
  }));
  const all = Array.from({ length: ALL_ROWS }, (_, index) => index + 1);
  expect(ids.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(all);
  for (const partition of new Set(ids.map((each) => each.partition))) {
    const inOrder = ids.filter((each) => each.partition === partition).map(({ id }) => id);
    expect(inOrder).toEqual(inOrder.toSorted((a, b) => a - b));
  }
  lab.expectAllRun();
});
