import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maxwellMetrics } from '../../src/observability/maxwell-metrics.ts';
import { metricTable } from '../../src/observability/metrics.ts';
import { MetricScene } from '../support/metric-scene.ts';
import { dashboardQueries, type DashboardQuery } from '../support/dashboard-queries.ts';
import { PrometheusProcess, type PrometheusSample } from '../support/prometheus-process.ts';
import { waitUntil } from '../support/wait-until.ts';

let scene: MetricScene;
let prometheus: PrometheusProcess;

beforeAll(async () => {
  [scene, prometheus] = await Promise.all([MetricScene.open(), PrometheusProcess.start()]);
  prometheus.scrape([await scene.one.httpPort(), await scene.two.httpPort()]);
});

afterAll(async () => {
  await prometheus[Symbol.asyncDispose]();
  await scene.close();
});

it('a leader under load counts every row, and a standby has nothing of the stream', async () => {
  const { one: leader, two: standby, place, database } = scene;
  for (let i = 0; i < 30; i++) {
    const rows = Array.from({ length: 20 }, (_, row) => `('${20 * i + row + 1}')`);
    await place.sql('mysql', `INSERT INTO ${database}.t (v) VALUES ${rows.join()}`);
  }
  await place.sql(
    'mysql',
    `UPDATE ${database}.t SET v = 'x' WHERE id = 1`,
    `DELETE FROM ${database}.t WHERE id = 2`,
  );
  await leader.until(async () => Number((await leader.status())['rowsTotal']) >= 602, '602 rows');

  const metrics = await scene.metrics(leader);
  expect(metrics.get('kafka_producer_record_error_rate')).toBe(0);
  expect(metrics.get('maxwell_tables_processed')).toBe(1);
  expect(metrics.get('maxwell_lag_in_seconds')).toBeLessThan(30);
  expect(metrics.get('maxwell_binlog_position')).toBeGreaterThan(4);
  expect(metrics.get('heaviside_rows_total{operation="insert"}')).toBe(600);
  expect(metrics.get('heaviside_rows_total{operation="update"}')).toBe(1);
  expect(metrics.get('heaviside_rows_total{operation="delete"}')).toBe(1);

  const idle = [...(await scene.metrics(standby)).keys()];
  const leaders = metricTable.filter(({ help }) => help.includes('absent on a standby'));
  expect(leaders.length).toBeGreaterThan(5);
  expect(leaders.filter(({ name }) => idle.some((series) => series.startsWith(name)))).toEqual([]);
  expect(idle).toContain('heaviside_role{role="standby"}');
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

describe('the dashboard, on a Prometheus that scrapes these replicas', () => {
  const queries = dashboardQueries(readFileSync('helm/heaviside/files/dashboard.json', 'utf8'));

  beforeAll(async () => {
    await scene.live();
    await prometheus.settle();
  });

  it('has queries', () => {
    expect(queries.length).toBeGreaterThan(30);
  });

  it.each(queries)('$title: $expression', async ({ expression, legendLabels }: DashboardQuery) => {
    // One cluster is chosen, or all of them (allValue).
    for (const cluster of [scene.clientId, '.*']) {
      const query = expression.replaceAll('$client_id', cluster);
      expect(query).not.toContain('$');
      const look = async (): Promise<PrometheusSample[] | null> => {
        const samples = await prometheus.query(query);
        return samples.some(({ value }) => !Number.isNaN(value)) ? samples : null;
      };
      // A subquery sees the last change of leader at its next step.
      const series = await waitUntil(look, { timeoutMs: 10_000, what: query, everyMs: 200 });
      for (const { metric } of series)
        expect(Object.keys(metric)).toEqual(expect.arrayContaining([...legendLabels]));
    }
  });
});

describe('the metrics, over the life of a cluster', () => {
  /** What a healthy cluster, on a broker without logins, has at zero or not at all. */
  const silent: Readonly<Record<string, string>> = {
    kafka_producer_failed_authentication_rate:
      'no broker refuses a login: security-kafka.it.test.ts sees one',
    heaviside_verify_mismatched_rows: 'table and topic are equal: verify.it.test.ts has differences',
    heaviside_verify_missing_rows: 'as above',
    heaviside_verify_extra_rows: 'as above',
    heaviside_verify_not_covered_rows: 'the topic is as old as the table',
  };
  /** The names of the guide, whatever the table says. */
  const maxwell =
    'lag_in_seconds binlog_position messages_per_second tables_processed memory_usage cpu_usage disk_io network_io';
  const producer =
    'record_send_rate byte_rate batch_size_avg request_latency_avg record_queue_time_avg request_size_avg ' +
    'record_error_rate record_retry_rate buffer_exhausted_rate failed_authentication_rate';
  const guide = [
    ...maxwell.split(' ').map((name) => `maxwell_${name}`),
    ...producer.split(' ').map((name) => `kafka_producer_${name}`),
  ];
  const names = [
    ...metricTable.map(({ name, kind }) => (kind === 'histogram' ? `${name}_count` : name)),
    ...maxwellMetrics.map(({ name, kind }) => `MaxwellMetrics_${name}${kind === 'summary' ? '_count' : ''}`),
  ];

  beforeAll(async () => {
    await scene.live();
    await scene.block();
  });

  it('are those of the guide and more', () => {
    expect(names).toEqual(expect.arrayContaining(guide));
    expect(Object.keys(silent).filter((name) => !names.includes(name))).toEqual([]);
  });

  it('are each seen above zero, but for those that have a reason', () => {
    const unseen = names.filter((name) => !((scene.highest(name) ?? 0) > 0));
    expect(unseen).toEqual(names.filter((name) => name in silent));
  });
});
