import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoadConnection } from '../support/load-connection.ts';
import { ProductPlace } from '../support/product-place.ts';
import { runProduct, type ProductRun as CommandRun } from '../support/product-command.ts';
import type { ProductRun } from '../support/product-run.ts';
import { propertiesText } from '../support/replica-process.ts';
import { waitUntil } from '../support/wait-until.ts';

let place: ProductPlace;
let database: string;
let config: Record<string, string>;
let file: string;
let topic: string;

beforeAll(async () => {
  place = await ProductPlace.open('cli');
  database = place.name;
  await place.createDatabase('mysql', database);
  config = place.config('cluster', place.replicator('mysql'), database, place.ha());
  topic = config['kafka_topic'] ?? '';
  file = join(place.dir, 'cluster.properties');
  const { replica_name: _name, ...shared } = config;
  writeFileSync(file, propertiesText(shared), { mode: 0o600 });
});

afterAll(() => place.close());

/** A command on the cluster. */
const command = (...words: readonly string[]): Promise<CommandRun> =>
  runProduct([...words, '--config', file]);

const startReplica = (name: string): ProductRun =>
  place.launch(['run', '--config', file, '--replica_name', name]);

/** Leads and has a position: what is written before a new cluster's first position is not its to stream. */
async function leads(run: ProductRun): Promise<void> {
  const look = async (): Promise<boolean> => {
    const { role, position } = await run.status();
    return role === 'leader' && Boolean(position);
  };
  await run.until(look, 'to lead');
}

const isStandby = async (run: ProductRun): Promise<boolean> => (await run.status())['role'] === 'standby';

async function executed(): Promise<string> {
  const [row] = await place.sql('mysql', 'SELECT @@GLOBAL.gtid_executed AS executed');
  return String(row?.['executed']).replaceAll(/\s/g, '');
}

describe('without a server', () => {
  it('--version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    expect(await runProduct(['--version'])).toEqual({
      code: 0,
      stdout: `heaviside ${version}\n`,
      stderr: '',
    });
  });

  it('--help, whole and of one section', async () => {
    const whole = await runProduct(['--help']);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    for (const word of [
      'run',
      'check',
      'status',
      'switchover',
      'position',
      '--kafka.bootstrap.servers',
      '--redis.nodes',
    ])
      expect(whole.stdout).toContain(word);
    const section = await runProduct(['--help', 'cluster']);
    expect(section.stdout).toContain('--lease_ttl_ms');
    expect(section.stdout).not.toContain('--kafka.bootstrap.servers');
  });

  it.each([
    [['runn'], 1, 'CONFIG_INVALID', 'there is no command "runn"; commands: run, check'],
    [['status', '--user=x'], 1, 'COMMAND_FAILED', 'without HA'],
    [['switchover', '--user=x'], 1, 'COMMAND_FAILED', 'needs HA'],
    [['position', 'get', '--user=x'], 1, 'COMMAND_FAILED', 'position_file'],
    [
      ['position', 'jump', '--user=x', '--kafka.bootstrap.servers=k:1'],
      1,
      'COMMAND_FAILED',
      'usage: heaviside position',
    ],
  ])('%j is refused', async (words, code, errorCode, cause) => {
    const run = await runProduct(words);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`^${errorCode}: `));
    expect(run.stderr).toContain(cause);
    expect(run.stderr).toContain('→ ');
  });
});

describe('check', () => {
  it('tells each finding, for people and as JSON', async () => {
    const people = await command('check');
    expect(people.code).toBe(0);
    expect(people.stdout).toMatch(/^\[ ok \] source: log_bin is ON$/m);
    expect(people.stdout).toMatch(/^\[ ok \] kafka: brokers and the transaction coordinator answer$/m);
    expect(people.stdout).toMatch(/kafka: topic __transaction_state (?:has one replica|survives the loss)/m);
    expect(people.stdout).toMatch(/^\[ ok \] redis: .* answers$/m);
    expect(people.stdout).toMatch(/^\d+ ok, \d+ warnings, 0 errors$/m);
    const json = await command('check', '--json');
    const { sections } = JSON.parse(json.stdout) as {
      readonly sections: readonly { readonly name: string }[];
    };
    expect(sections.map(({ name }) => name)).toEqual(['source', 'kafka', 'redis']);
  });

  it('ends with the exit code of the first error, and tells the others too', async () => {
    const words = ['--password=wrong', '--kafka_topic_create=false', '--redis.nodes=redis://127.0.0.1:1'];
    const run = await runProduct(['check', '--config', file, ...words]);
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(/^\[FAIL\] source: .*Access denied/m);
    expect(run.stdout).toMatch(/^\[FAIL\] kafka: topic .* cannot be used/m);
    expect(run.stdout).toMatch(/^\[FAIL\] redis: \S*127\.0\.0\.1:1 does not answer/m);
    expect(run.stdout).toContain('3 errors');
    expect(run.stdout + run.stderr).not.toContain('wrong');
    const json = await runProduct(['check', '--json', '--config', file, '--kafka_topic_create=false']);
    expect(json.code).toBe(6);
  });

  it('writes nothing', async () => {
    expect(await place.traces(config)).toEqual({ data: null, positions: null, checkpoint: {} });
  });
});

describe('a cluster', () => {
  it('that never started', async () => {
    expect(await command('status')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('leader    none') as unknown,
    });
    expect(await command('switchover')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no replica leads now') as unknown,
    });
    expect(await command('position', 'get')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('never started') as unknown,
    });
  });

  it('[redis.nodes] that runs: status, position get, switchover', async () => {
    const first = startReplica('first');
    await leads(first);
    await place.insert('mysql', database, ['1', '2']);
    expect(await place.values(topic, 2)).toEqual(['1', '2']);
    expect(await command('switchover')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no other replica') as unknown,
    });
    const second = startReplica('second');
    await second.until(() => isStandby(second), 'to be a standby');

    const status = await waitUntil(
      async () => {
        const run = await command('status', '--json');
        const json = JSON.parse(run.stdout) as { readonly replicas: readonly { readonly role: string }[] };
        return json.replicas.filter(({ role }) => role === 'standby').length === 1
          ? { ...json, code: run.code }
          : null;
      },
      { timeoutMs: 10_000, what: 'status to show both' },
    );
    expect(status).toMatchObject({
      code: 0,
      clientId: config['client_id'],
      leader: 'first',
      epoch: 1,
      blocked: null,
    });
    expect(status).toMatchObject({
      lagSeconds: expect.any(Number) as unknown,
      position: { gtidSet: expect.any(String) as unknown },
    });
    const people = await command('status');
    expect(people.stdout).toMatch(/^leader {4}first \(epoch 1\)$/m);
    expect(people.stdout).toMatch(/^replica {3}second +standby/m);

    const position = JSON.parse((await command('position', 'get', '--json')).stdout) as {
      readonly record: unknown;
    };
    expect(position.record).toMatchObject({ v: 1, epoch: 1, source: { flavor: 'mysql' } });
    expect((await command('position', 'get')).stdout).toMatch(
      /^[0-9a-f-]{36}:\S+\nepoch 1, commit \d+, written /,
    );

    expect(await command('switchover', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"nobody"') as unknown,
    });
    const switched = await command('switchover', 'second');
    expect(switched).toMatchObject({
      code: 0,
      stdout: 'second leads under epoch 2\n',
      stderr: expect.stringContaining('asked first (epoch 1) to leave') as unknown,
    });
    await place.insert('mysql', database, ['3']);
    expect(await place.values(topic, 3)).toEqual(['1', '2', '3']);
    for (const run of [first, second]) expect(await run.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('position', () => {
  it('set to a GTID set goes back, and the rows come again', async () => {
    await place.insert('mysql', database, ['4']);
    const before = await executed();
    await place.insert('mysql', database, ['5', '6']);
    const run = startReplica('third');
    await leads(run);
    expect(await place.values(topic, 6)).toEqual(['1', '2', '3', '4', '5', '6']);
    // The leader is asked to step aside, and comes back behind the new position.
    expect(await command('position', 'set', before)).toMatchObject({ code: 0, stdout: `${before}\n` });
    expect(await place.values(topic, 8)).toEqual(['1', '2', '3', '4', '5', '6', '5', '6']);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });

  it('skip passes over one transaction', async () => {
    await place.insert('mysql', database, ['7']);
    const session = new LoadConnection(place.server('mysql'), 'mysql');
    await session.open();
    const { gtid } = await session.run(`INSERT INTO ${database}.t (v) VALUES ('skipped')`);
    session.close();
    const skipped = await command('position', 'skip', gtid ?? '');
    expect(skipped).toMatchObject({
      code: 0,
      stdout: expect.stringContaining((gtid ?? '').slice(0, 36)) as unknown,
    });
    const run = startReplica('fourth');
    await leads(run);
    await place.insert('mysql', database, ['8']);
    expect((await place.values(topic, 10)).slice(-2)).toEqual(['7', '8']);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });

  it('set --now passes over what was written meanwhile', async () => {
    await place.insert('mysql', database, ['missed']);
    expect((await command('position', 'set', '--now')).code).toBe(0);
    const run = startReplica('fifth');
    await leads(run);
    await place.insert('mysql', database, ['9']);
    expect((await place.values(topic, 11)).slice(-1)).toEqual(['9']);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });

  it('set refuses what the source has not executed, unless forced', async () => {
    const impossible = (await executed()).replace(/^([0-9a-f-]{36}).*$/s, '$1:1-999999999999');
    const before = await place.traces(config);
    const refused = await command('position', 'set', impossible);
    expect(refused).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('POSITION_NOT_IN_EXECUTED: ') as unknown,
    });
    expect(await place.traces(config)).toEqual(before);
    const nonsense = await command('position', 'set', 'not-a-position');
    expect(nonsense.code).toBe(1);
    expect(await place.traces(config)).toEqual(before);
    expect(await command('position', 'set', impossible, '--force')).toMatchObject({ code: 0 });
    const run = startReplica('sixth');
    await run.until(
      async () => (await run.page('/readyz')).body.includes('POSITION_NOT_IN_EXECUTED'),
      'to refuse it',
    );
    await run.stop();
  });

  it('set --from-checkpoint restores a lost positions topic', async () => {
    const now = await executed();
    expect(await command('position', 'set', '--now')).toMatchObject({ code: 0 });
    await place.insert('mysql', database, ['10']);
    await place.deleteTopics([`heaviside.${config['client_id'] ?? ''}.positions`]);
    const lost = startReplica('lost');
    await lost.until(
      async () => (await lost.page('/readyz')).body.includes('POSITION_LOST'),
      'to refuse to begin anew',
    );
    await lost.stop();
    const restored = await command('position', 'set', '--from-checkpoint');
    expect(restored.code).toBe(0);
    expect(restored.stdout.trim().length).toBeGreaterThanOrEqual(now.slice(0, 36).length);
    const run = startReplica('restored');
    await leads(run);
    expect((await place.values(topic, 12)).slice(-1)).toEqual(['10']);
    expect(await run.stop()).toEqual({ code: 0, signal: null });
  });
});
