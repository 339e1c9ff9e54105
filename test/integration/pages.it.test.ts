import { afterAll, beforeAll, expect, it } from 'vitest';
import { metricSamples } from '../support/metric-samples.ts';
import { ProductPlace } from '../support/product-place.ts';
import type { ProductRun } from '../support/product-run.ts';

let place: ProductPlace;

beforeAll(async () => {
  place = await ProductPlace.open('pages');
});

afterAll(() => place.close());

async function metricsOf(run: ProductRun): Promise<Map<string, number>> {
  const { body } = await run.page('/metrics');
  return metricSamples(body, `${place.name}-pages`);
}

it('a leader under load shows its metrics by the names of the alert rules, and a standby none of the stream', async () => {
  const database = place.name;
  await place.createDatabase('mysql', database);
  const config = place.config('pages', place.replicator('mysql'), database, {
    ...place.ha(),
    http_diagnostic: 'true',
    http_config: 'true',
  });
  const leader = await place.lead({ ...config, replica_name: 'one' });
  const standby = place.run({ ...config, replica_name: 'two' });
  await standby.logged(/now standby/);
  for (let i = 0; i < 30; i++) {
    const first = i * 20 + 1;
    await place.insert(
      'mysql',
      database,
      Array.from({ length: 20 }, (_, row) => String(first + row)),
    );
  }
  await place.sql(
    'mysql',
    `UPDATE ${database}.t SET v = 'x' WHERE id = 1`,
    `DELETE FROM ${database}.t WHERE id = 2`,
  );
  await leader.until(async () => Number((await leader.status())['rowsTotal']) >= 602, '602 rows');

  const metrics = await metricsOf(leader);
  const positive = [
    'kafka_producer_record_send_rate',
    'kafka_producer_byte_rate',
    'kafka_producer_batch_size_avg',
    'kafka_producer_request_latency_avg',
    'kafka_producer_record_queue_time_avg',
    'kafka_producer_request_size_avg',
    'maxwell_messages_per_second',
    'maxwell_memory_usage',
    'heaviside_epoch',
    'maxwell_network_io{direction="receive"}',
  ];
  expect(positive.filter((name) => !((metrics.get(name) ?? 0) > 0))).toEqual([]);
  expect(metrics.get('kafka_producer_record_error_rate')).toBe(0);
  expect(metrics.get('maxwell_tables_processed')).toBe(1);
  expect(metrics.get('maxwell_lag_in_seconds')).toBeLessThan(30);
  expect(metrics.get('maxwell_binlog_position')).toBeGreaterThan(4);
  expect(metrics.get('heaviside_rows_total{operation="insert"}')).toBe(600);
  expect(metrics.get('heaviside_rows_total{operation="update"}')).toBe(1);
  expect(metrics.get('heaviside_rows_total{operation="delete"}')).toBe(1);

  const idle = await metricsOf(standby);
  expect(idle.has('maxwell_lag_in_seconds')).toBe(false);
  expect(idle.get('heaviside_role{role="standby"}')).toBe(1);
  expect((await standby.page('/readyz')).status).toBe(200);

  const diagnostic = JSON.parse((await leader.page('/diagnostic')).body) as {
    success: boolean;
    checks: unknown[];
  };
  expect(diagnostic).toMatchObject({
    success: true,
    checks: [{ name: 'binlog-connector' }, { name: 'kafka-producer' }],
  });
  const shown = (await leader.page('/config')).body;
  expect(shown).toContain('"password":"***"');
  expect(shown).not.toContain(place.replicator('mysql').password);
});
