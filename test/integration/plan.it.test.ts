import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProductPlace } from '../support/product-place.ts';
import { runProduct } from '../support/product-command.ts';
import { VerifyGround } from '../support/verify-ground.ts';

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('plan');
});

afterAll(() => place.close());

it('the worked example of the guide needs no server', async () => {
  const run = await runProduct([
    'plan',
    '--throughput',
    '10000',
    '--per-partition',
    '1000',
    '--consumers',
    '6',
  ]);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(run.stdout).toMatch(/^partitions: 10 = max\(10,000 \/ 1,000, 6\)$/m);
});

interface Measured {
  readonly topics: readonly {
    readonly throughput: number;
    readonly partitions: number;
    readonly currentPartitions: number;
    readonly tables: readonly { readonly table: string; readonly records: number }[];
    readonly byPartition: readonly { readonly partition: number; readonly records: number }[];
    readonly warnings: readonly string[];
  }[];
}

describe.each(['mysql', 'mariadb'] as const)('%s', (flavor) => {
  it('measures what the cluster wrote, and gives no advice on too little', async () => {
    const ground = await VerifyGround.open(place, flavor, { producer_partition_by: 'primary_key' });
    await ground.sql("INSERT INTO t (v) VALUES ('a')");
    await ground.run.until(
      async () => Number((await ground.run.status())['rowsTotal']) >= 1,
      'the first row',
    );
    const little = await runProduct(['plan', '--config', ground.file]);
    expect(little).toMatchObject({ code: 13, stdout: '' });
    expect(little.stderr).toMatch(
      /^PLAN_TOO_LITTLE_DATA: .*\(1 records in 1 s\); at least 1000 records over 30 s are needed/m,
    );

    // A minute as the source's clock has it: 30 rows a second, 100 in ten of them.
    const start = Math.floor(Date.now() / 10_000) * 10 - 600;
    const statements = Array.from({ length: 60 }, (_, second) => {
      const count = second >= 20 && second < 30 ? 100 : 30;
      const rows = Array.from({ length: count }, () => "('row')").join(',');
      return [`SET SESSION timestamp = ${start + second}`, `INSERT INTO t (v) VALUES ${rows}`];
    });
    await ground.sql(...statements.flat(), 'SET SESSION timestamp = DEFAULT');
    await ground.run.until(async () => Number((await ground.run.status())['rowsTotal']) >= 2501, 'all rows');
    const run = await runProduct(['plan', '--per-partition', '15', '--json', '--config', ground.file]);
    expect(run.code).toBe(0);
    const [topic] = (JSON.parse(run.stdout) as Measured).topics;
    expect(topic).toMatchObject({ throughput: 100, partitions: 7, currentPartitions: 3 });
    expect(topic?.tables).toMatchObject([{ table: `${ground.database}.t`, records: 2501 }]);
    const partitions = topic?.byPartition ?? [];
    expect(partitions.map(({ partition }) => partition).sort((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(partitions.reduce((sum, { records }) => sum + records, 0)).toBe(2501);
    expect(topic?.warnings.join()).toContain(
      'from 3 to 7 partitions about 86 % of the keys go to another partition',
    );
    await ground.run.stop();
  });
});
