import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openBrowser, StatusTab } from '../support/browser.ts';
import { KafkaDetour } from '../support/kafka-detour.ts';
import { ProductPlace } from '../support/product-place.ts';
import { toArguments, type ProductRun } from '../support/product-run.ts';
import { SteadyLoad } from '../support/steady-load.ts';

/*
 * The page at `/` of real replicas, in a real browser, state after state of one cluster.
 * HEAVISIDE_TEST_PICTURES=docs/images: the pictures of the documentation are taken anew, after minutes of load.
 */
const folder = process.env['HEAVISIDE_TEST_PICTURES'] ?? '';
const isPosing = folder !== '';
const PATIENCE_MS = isPosing ? 600_000 : 120_000;
const positive = /^[1-9][\d,]*$/;

let place: ProductPlace;
let browser: Browser;
let detour: KafkaDetour;
let load: SteadyLoad | undefined;
let database = '';
let command: string[] = [];
const runs = new Map<string, ProductRun>();
const tabs: StatusTab[] = [];

function runOf(name: string): ProductRun {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`no replica ${name}`);
  return run;
}

async function open(name: string, isDark = false): Promise<StatusTab> {
  const tab = await StatusTab.open(browser, await runOf(name).httpPort(), isDark);
  tabs.push(tab);
  return tab;
}

const startLoad = (): SteadyLoad =>
  new SteadyLoad(
    place,
    (round) => [
      `INSERT INTO ${database}.orders (state) VALUES ${Array.from({ length: 12 }, () => "('new')").join()}`,
      `UPDATE ${database}.orders SET state = 'paid' WHERE id BETWEEN ${12 * round + 1} AND ${12 * round + 6}`,
    ],
    90,
  );

/** Fails where the page does not fit, has reported an error, has asked anybody else, or shows a password. */
async function expectSound(tab: StatusTab): Promise<void> {
  for (const width of [400, 1200]) expect([width, await tab.overflow(width)]).toEqual([width, []]);
  expect(tab.errors).toEqual([]);
  expect(tab.strays).toEqual([]);
  expect(await tab.page.content()).not.toContain(place.replicator('mysql').password);
}

async function picture(tab: StatusTab, name: string, width = 1120): Promise<void> {
  if (!isPosing) return;
  mkdirSync(folder, { recursive: true });
  await tab.page.setViewportSize({ width, height: 900 });
  await tab.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

beforeAll(async () => {
  [place, browser] = await Promise.all([ProductPlace.open('page'), openBrowser()]);
  database = isPosing ? 'shop' : place.name;
  await place.createDatabase('mysql', database);
  await place.sql(
    'mysql',
    `CREATE TABLE ${database}.orders (id INT PRIMARY KEY AUTO_INCREMENT, state VARCHAR(20))`,
  );
  const [broker] = place.stack.kafka;
  if (broker === undefined) throw new Error('no broker');
  detour = await KafkaDetour.open(broker);
  const config = place.config('page', place.replicator('mysql'), database, {
    ...place.ha(),
    ...(isPosing ? { client_id: 'shop', kafka_topic: 'shop' } : {}),
    'kafka.bootstrap.servers': detour.address,
    snapshot_max_rows_per_second: '1000',
    breaker_reset_ms: '1000',
  });
  command = toArguments(config);
  for (const name of ['heaviside-0', 'heaviside-1', 'heaviside-2']) {
    const run = place.run({ ...config, replica_name: name });
    runs.set(name, run);
    await run.logged(name === 'heaviside-0' ? /^reading the binlog/ : /now standby/);
  }
  load = startLoad();
  if (isPosing) await sleep(200_000);
});

afterAll(async () => {
  try {
    await load?.stop();
  } finally {
    for (const tab of tabs) await tab.close();
    await browser.close();
    await detour.close();
    await place.close();
  }
});

describe('the status page', { timeout: PATIENCE_MS }, () => {
  it('of a leader says who leads, how far it is and how fast', async () => {
    const tab = await open('heaviside-0');
    await tab.shows('headline', /^Replicating$/);
    await tab.shows('rate', positive);
    const shown = ['detail', 'cluster', 'replica', 'role', 'leader', 'epoch', 'breaker', 'version'];
    const { clientId, version } = await runOf('heaviside-0').status();
    expect(await Promise.all(shown.map((field) => tab.text(field)))).toEqual([
      'heaviside-0 leads, and every change is in Kafka.',
      clientId,
      'heaviside-0',
      'leader',
      'heaviside-0',
      '1',
      'closed',
      version,
    ]);
    expect(await tab.page.title()).toBe(`Replicating · ${String(clientId)}`);
    await tab.shows('lag', /^\d\.\d s$/);
    await tab.shows('stage', /^(?:source|kafka): /);
    await tab.shows('position', /^[\da-f-]{36}:\d+-\d+$/);
    await tab.shows('binlog', /^\S+\.\d+:\d+$/);
    await tab.shows('committed', / ago$/);
    await tab.shows('checkpoint', /^epoch 1, .* ago$/);
    await tab.shows('totals', /^[1-9][\d,]* rows in [1-9][\d,]* transactions$/);
    await expect.poll(() => tab.height('rate'), { timeout: 20_000 }).toBeGreaterThan(10);
    const replicas = async (): Promise<string[][]> =>
      (await tab.rows('replicas')).map((cells) => cells.slice(0, 4));
    await expect.poll(replicas, { timeout: 20_000 }).toEqual([
      ['heaviside-0', 'leader, epoch 1', 'yes', 'yes'],
      ['heaviside-1', 'standby', 'yes', 'yes'],
      ['heaviside-2', 'standby', 'yes', 'yes'],
    ]);
    expect(await tab.page.locator('tr[data-self="true"]').getAttribute('data-replica')).toBe('heaviside-0');
    const [change = []] = await tab.rows('takeovers');
    expect([change[1], change[2], change[5]]).toEqual(['– → heaviside-0', '1', 'nobody had led before']);
    expect(await tab.page.locator('table.snapshots').isVisible()).toBe(false);
    await picture(tab, 'status-leader');
    await expectSound(tab);
    await tab.close();
  });

  it('of a standby says the same of the leader', async () => {
    const tab = await open('heaviside-1', true);
    await tab.shows('headline', /^Replicating$/);
    await tab.shows('rate', positive);
    await tab.shows('checkpoint', /^epoch 1, .* ago$/);
    const shown = ['replica', 'role', 'leader', 'epoch', 'breaker', 'stage', 'committed', 'totals'];
    expect(await Promise.all(shown.map((field) => tab.text(field)))).toEqual([
      'heaviside-1',
      'standby',
      'heaviside-0',
      '1',
      'closed',
      'the leader tells',
      'the leader tells',
      '0 rows in 0 transactions',
    ]);
    await expect.poll(() => tab.height('rate'), { timeout: 20_000 }).toBeGreaterThan(10);
    await picture(tab, 'status-standby', 390);
    await expectSound(tab);
    await tab.close();
  });

  it('shows a snapshot that is under way, what became of it, and one that was given up', async () => {
    const rows = Array.from({ length: isPosing ? 20_000 : 1500 }, () => "('before')").join();
    await place.sql('mysql', `CREATE TABLE ${database}.items (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)`);
    await place.sql('mysql', `INSERT INTO ${database}.items (v) VALUES ${rows}`);
    await place.sql('mysql', `ANALYZE TABLE ${database}.items`);
    const tab = await open('heaviside-0');
    const tables = [`${database}.items`, `${database}.orders`, `${database}.nothing`];
    const asked = place.launch(['snapshot', 'start', ...tables, ...command]);
    expect(await asked.end()).toMatchObject({ code: 0 });
    const look = async (): Promise<string[]> => (await tab.rows('snapshots'))[0] ?? [];
    await expect
      .poll(look)
      .toEqual([
        `${database}.items`,
        'running',
        expect.stringMatching(/^[1-9]/),
        expect.stringMatching(/^\d+,\d{3}$/),
        expect.stringMatching(/^[1-9][\d,]* rows\/s$/),
        expect.stringMatching(/ s$/),
      ]);
    const [, second] = await tab.rows('snapshots');
    expect(second?.slice(0, 2)).toEqual([`${database}.orders`, 'waiting']);
    await tab.shows('snapshots-note', /^Slowed down to snapshot_max_rows_per_second/);
    if (isPosing) await sleep(10_000);
    await picture(tab, 'status-snapshot');
    await expectSound(tab);
    const givenUp = `${database}.nothing was given up: there is no such table`;
    await tab.shows('snapshots-note', new RegExp(`^${givenUp}`), PATIENCE_MS);
    expect(await tab.page.locator('.note[data-tone="bad"]').count()).toBe(1);
    expect((await look()).join()).toMatch(/^None is under way\. Rows written by this process: \d+,\d{3}\.$/);
    await expectSound(tab);
    await tab.close();
  });

  it('says that Kafka is away, and that it is back', async () => {
    const tab = await open('heaviside-0');
    await tab.shows('headline', /^Replicating$/);
    onTestFinished(() => detour.restore());
    detour.cut();
    await tab.shows('headline', /^The circuit breaker is (?:half-)?open: heaviside-0 cannot write to Kafka$/);
    await tab.shows('breaker', /^open$/);
    await tab.shows('stage', /^kafka: the circuit breaker is open$/);
    await expect
      .poll(async () => (await tab.rows('replicas'))[0]?.slice(0, 4), { timeout: 20_000 })
      .toEqual(['heaviside-0', 'leader, epoch 1', 'NO', 'yes']);
    if (isPosing) await sleep(10_000);
    await tab.shows('headline', /^The circuit breaker is open/);
    await picture(tab, 'status-breaker-open');
    await expectSound(tab);
    detour.restore();
    await tab.shows('headline', /^Replicating$/);
    await tab.shows('breaker', /^closed$/);
    await tab.close();
  });

  it('tells of a failover that has just happened, and of a replica that does not answer', async () => {
    const [leader, standby] = [await open('heaviside-0'), await open('heaviside-1', true)];
    if (isPosing) await sleep(60_000);
    await leader.shows('headline', /^Replicating$/);
    runOf('heaviside-0').kill('SIGKILL');
    const successor = /^(heaviside-[12]) took over from heaviside-0 .* ago$/;
    const [, name = ''] = successor.exec(await standby.shows('headline', successor)) ?? [];
    await standby.shows('detail', /^Why: its lease ran out\. It took \d\.\d s\.$/);
    await standby.shows('leader', new RegExp(`^${name}$`));
    await standby.shows('epoch', /^2$/);
    const [change = []] = await standby.rows('takeovers');
    expect(change[0]).toMatch(/^\d\d:\d\d:\d\d · \d+(?:\.\d)? s ago$/);
    expect([change[1], change[2], change[5]]).toEqual([
      `heaviside-0 → ${name}`,
      '2',
      'failover: its lease ran out',
    ]);
    const after = await open(name, true);
    await after.shows('role', /^leader$/);
    await after.shows('rate', positive);
    if (isPosing) await sleep(20_000);
    await expect.poll(() => after.page.locator('[data-curve="rate"] .change').count()).toBe(2);
    await picture(after, 'status-failover');
    await expectSound(after);
    await expectSound(standby);
    await leader.shows('headline', /^This replica has not answered for \d+(?:\.\d)? s$/);
    expect(await leader.page.locator('body.stale').count()).toBe(1);
    expect(await leader.text('epoch')).toBe('1');
  });
});
