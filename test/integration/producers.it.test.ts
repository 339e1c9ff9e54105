import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace, valueOf, type Properties } from '../support/product-place.ts';
import type { ProductRun } from '../support/product-run.ts';
import { waitUntil } from '../support/wait-until.ts';

type Flavor = 'mysql' | 'mariadb';

let place: ProductPlace;
let count = 0;

beforeAll(async () => {
  place = await ProductPlace.open('out');
});

afterAll(() => place.close());

async function newDatabase(flavor: Flavor): Promise<string> {
  const database = `${place.name}_${count++}`;
  await place.createDatabase(flavor, database);
  return database;
}

/** A process that needs no server but the source. */
function lineConfig(flavor: Flavor, database: string, changed: Properties): Record<string, string> {
  const {
    'kafka.bootstrap.servers': _brokers,
    kafka_topic: _topic,
    ...config
  } = place.config(database, place.replicator(flavor), database, changed);
  return config;
}

const numbers = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => String(first + index));

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];

/** The values of the lines on stdout, once there are `least`. */
async function shown(run: ProductRun, least: number): Promise<string[]> {
  await run.until(() => run.lines.length >= least, `${least} lines`);
  return run.lines.map(valueOf);
}

async function stopped(run: ProductRun): Promise<void> {
  expect(await run.stop()).toEqual({ code: 0, signal: null });
}

describe('stdout', () => {
  it('shows rows as lines of their own, without a server but MySQL, and the log on stderr', async () => {
    const database = await newDatabase('mysql');
    const run = await place.lead(lineConfig('mysql', database, { producer: 'stdout' }));
    await place.insert('mysql', database, numbers(1, 3));
    await place.sql(
      'mysql',
      `UPDATE ${database}.t SET v = 'x' WHERE id = 2`,
      `DELETE FROM ${database}.t WHERE id = 3`,
    );
    await run.until(() => run.lines.length >= 5, 'five lines');
    await stopped(run);
    expect(run.lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { database, table: 't', type: 'insert', commit: true, data: { id: 1, v: '1' } },
      { type: 'insert', data: { id: 2, v: '2' } },
      { type: 'insert', data: { id: 3, v: '3' } },
      { type: 'update', data: { id: 2, v: 'x' }, old: { v: '2' } },
      { type: 'delete', data: { id: 3, v: '3' } },
    ]);
    expect(run.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  });

  it.each(['false', 'true'])('[position_file] resumes exactly there (sync %s)', async (sync) => {
    const database = await newDatabase('mysql');
    const file = join(place.dir, `${database}.position`);
    const config = lineConfig('mysql', database, {
      producer: 'stdout',
      position_file: file,
      position_file_sync: sync,
    });
    const first = await place.lead(config);
    await place.insert('mysql', database, numbers(1, 5));
    expect(await shown(first, 5)).toEqual(numbers(1, 5));
    await stopped(first);
    await place.insert('mysql', database, numbers(6, 9));
    const second = await place.lead(config);
    expect(await shown(second, 4)).toEqual(numbers(6, 9));
    await place.insert('mysql', database, ['10']);
    expect(await shown(second, 5)).toEqual(numbers(6, 10));
    await stopped(second);
  });
});

describe('file', () => {
  it('loses nothing to SIGKILL under load', async () => {
    const database = await newDatabase('mysql');
    const output = join(place.dir, `${database}.jsonl`);
    const config = lineConfig('mysql', database, {
      producer: 'file',
      output_file: output,
      position_file: join(place.dir, `${database}.position`),
      position_file_sync: 'true',
    });
    const rounds = 4;
    const perRound = 150;
    for (let round = 0; round < rounds; round++) {
      const run = await place.lead(config);
      const from = round * perRound + 1;
      const writing = place.insert('mysql', database, numbers(from, from + perRound - 1));
      const before = linesOf(output).length;
      await run.until(
        () => linesOf(output).length >= before + perRound / 3,
        'a third of the rows to be written',
      );
      run.kill('SIGKILL');
      await Promise.all([run.ended, writing]);
    }
    const last = await place.lead(config);
    const all = numbers(1, rounds * perRound);
    const whole = (): string[] => linesOf(output).filter((line) => line.endsWith('}'));
    await last.until(() => new Set(whole().map(valueOf)).size >= all.length, 'every row');
    await stopped(last);
    const seen = whole().map(valueOf);
    process.stdout.write(
      `SIGKILL ×${rounds}: ${all.length} rows, ${seen.length - all.length} written twice\n`,
    );
    const firsts = seen.filter((value, index) => seen.indexOf(value) === index);
    expect(firsts).toEqual(all); // none lost, and in order at their first appearance
  });

  it('ends a line that a crash cut off before it writes on', async () => {
    const database = await newDatabase('mysql');
    const output = join(place.dir, `${database}.jsonl`);
    appendFileSync(output, '{"database":"cut of');
    const run = await place.lead(lineConfig('mysql', database, { producer: 'file', output_file: output }));
    await place.insert('mysql', database, ['1']);
    await run.until(() => linesOf(output).length >= 2, 'a line of its own');
    await stopped(run);
    expect(valueOf(linesOf(output).at(-1) ?? '')).toBe('1');
  });
});

describe('Kafka without HA', () => {
  it.each([
    ['mysql', 'auto', 'exactly_once'],
    ['mysql', 'false', 'exactly_once'],
    ['mariadb', 'auto', 'exactly_once'],
    ['mariadb', 'false', 'exactly_once'],
    ['mysql', 'auto', 'at_least_once'],
    ['mysql', 'false', 'at_least_once'],
  ] as const)(
    '[gtid_mode@exactly_once@at_least_once] %s, %s, %s: a restart resumes exactly',
    async (flavor, gtidMode, delivery) => {
      const database = await newDatabase(flavor);
      const config = place.config(database, place.replicator(flavor), database, {
        gtid_mode: gtidMode,
        delivery,
      });
      const topic = config['kafka_topic'] ?? '';
      for (const [first, last] of [
        [1, 4],
        [5, 8],
        [9, 12],
      ] as const) {
        const run = await place.lead(config);
        await place.insert(flavor, database, numbers(first, last));
        await waitUntil(async () => Number((await run.status())['rowsTotal']) >= 4, {
          timeoutMs: 20_000,
          what: 'four rows to be written',
        });
        const position = (await run.status())['position'] as { readonly gtidSet: string | null } | null;
        expect(position?.gtidSet === null).toBe(gtidMode === 'false');
        await stopped(run);
      }
      expect(await place.values(topic, 12)).toEqual(numbers(1, 12));
    },
  );

  it('SIGKILL under load and a restart: each row once', async () => {
    const database = await newDatabase('mysql');
    const config = place.config(database, place.replicator('mysql'), database);
    const rounds = 3;
    const perRound = 150;
    for (let round = 0; round < rounds; round++) {
      const run = await place.lead(config);
      const from = round * perRound + 1;
      const writing = place.insert('mysql', database, numbers(from, from + perRound - 1));
      await run.until(
        async () => Number((await run.status())['rowsTotal']) >= perRound / 3,
        'a third of the rows',
      );
      run.kill('SIGKILL');
      await Promise.all([run.ended, writing]);
    }
    const last = await place.lead(config);
    expect(await place.values(config['kafka_topic'] ?? '', rounds * perRound)).toEqual(
      numbers(1, rounds * perRound),
    );
    await stopped(last);
  });
});
