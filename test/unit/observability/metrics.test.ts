import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { MetricReadings } from '../../../src/observability/metric-definition.ts';
import { Metrics, metricTable } from '../../../src/observability/metrics.ts';
import { renderMetricsMarkdown } from '../../../scripts/metrics-markdown.ts';
import { createPipelineCounters } from '../../../src/observability/pipeline-counters.ts';
import { TransactionSamples } from '../../../src/observability/transaction-samples.ts';
import { metricSamples } from '../../support/metric-samples.ts';
import { readProcessUsage } from '../../../src/observability/process-usage.ts';

const standby: MetricReadings = {
  role: 'standby',
  epoch: 0,
  lagSeconds: null,
  positionAgeSeconds: null,
  lastCommitTimestampSeconds: null,
  binlogFile: null,
  binlogOffset: null,
  tablesProcessed: 0,
  waitingTransactions: null,
  bufferBytes: 0,
  bufferLimitBytes: 64 * 1024 * 1024,
  queueBytes: 0,
  queueLimitBytes: 32 * 1024 * 1024,
  breakerState: 'closed',
  checkpointAgeSeconds: null,
  isRedisUp: true,
  isSourceConnected: null,
  binlogRetentionSeconds: null,
  verified: [],
  snapshots: {
    rows: 0,
    chunks: 0,
    discarded: 0,
    overtaken: 0,
    tasks: null,
    tableRows: null,
    tableEstimate: null,
    secondsLeft: null,
  },
  isBlocked: false,
  isRefused: false,
};

const opened: Metrics[] = [];
afterEach(() => {
  for (const metrics of opened.splice(0)) metrics.close();
});

function setUp(readings: Partial<MetricReadings> = {}) {
  const counters = createPipelineCounters();
  const time = { ms: 0 };
  const usage = { residentBytes: 123, cpuSeconds: 0, diskReadBytes: 0 as number | null, diskWrittenBytes: 0 };
  const state = { ...standby, ...readings };
  const metrics = new Metrics({
    counters,
    read: () => state,
    samples: new TransactionSamples(null),
    prefix: 'MaxwellMetrics',
    clientId: 'shop',
    version: '1.2.3',
    monotonic: () => time.ms,
    readUsage: () => ({ ...usage }),
  });
  opened.push(metrics);
  /** The page as sample → value. */
  const scrape = async (): Promise<Map<string, number>> => metricSamples(await metrics.render(), 'shop');
  return { counters, time, usage, state, metrics, scrape };
}

describe('Metrics', () => {
  it('shows every metric of the table with its help', async () => {
    const { metrics } = setUp();
    const page = await metrics.render();
    for (const { name, kind, help } of metricTable) {
      expect(page).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`);
    }
    expect(metrics.contentType).toContain('text/plain');
  });

  it('exports no lag, position or checkpoint age on a standby', async () => {
    const { scrape, state } = setUp();
    const absent = [
      'maxwell_lag_in_seconds',
      'heaviside_lag_seconds',
      'maxwell_binlog_position',
      'heaviside_checkpoint_age_seconds',
    ];
    const page = await scrape();
    for (const name of absent) expect(page.has(name), name).toBe(false);
    Object.assign(state, {
      role: 'leader',
      lagSeconds: 0,
      binlogOffset: 4,
      binlogFile: 'bin.000123',
      checkpointAgeSeconds: 1,
    });
    const later = await scrape();
    expect(absent.map((name) => later.get(name))).toEqual([0, 0, 4, 1]);
    expect(later.get('heaviside_binlog_file_number')).toBe(123);
    Object.assign(state, { role: 'standby', lagSeconds: null });
    expect((await scrape()).has('maxwell_lag_in_seconds')).toBe(false);
  });

  it('has one series a role and a breaker state, one of which is 1', async () => {
    const { scrape } = setUp({ role: 'leader', breakerState: 'half_open', epoch: 7 });
    const page = await scrape();
    expect(
      ['candidate', 'standby', 'leader'].map((role) => page.get(`heaviside_role{role="${role}"}`)),
    ).toEqual([0, 0, 1]);
    expect(
      ['closed', 'half_open', 'open'].map((state) => page.get(`heaviside_breaker_state{state="${state}"}`)),
    ).toEqual([0, 1, 0]);
    expect([page.get('heaviside_leader'), page.get('heaviside_epoch')]).toEqual([1, 7]);
  });

  it('folds the counters at each scrape, without counting twice', async () => {
    const { counters, scrape } = setUp();
    counters.insertedRows = 5;
    counters.records = 5;
    await scrape();
    counters.insertedRows = 7;
    const page = await scrape();
    expect(page.get('heaviside_rows_total{operation="insert"}')).toBe(7);
    expect(page.get('heaviside_records_total')).toBe(5);
  });

  it("computes the producer's rates and averages over 30 s", async () => {
    const { counters, time, usage, scrape } = setUp();
    await scrape();
    Object.assign(counters, {
      records: 3000,
      recordBytes: 900_000,
      recordQueueSeconds: 6,
      batches: 30,
      batchBytes: 600_000,
      requests: 10,
      requestBytes: 700_000,
      requestSeconds: 0.05,
      failedRecords: 30,
      retriedRecords: 60,
      bufferExhaustedWaits: 3,
      failedAuthentications: 6,
      sourceBytes: 1_200_000,
    });
    Object.assign(usage, { cpuSeconds: 15, diskReadBytes: 3000, diskWrittenBytes: 30_000 });
    time.ms = 30_000;
    const page = await scrape();
    expect(Object.fromEntries([...page].filter(([name]) => /^(kafka_producer|maxwell)_/.test(name)))).toEqual(
      {
        maxwell_messages_per_second: 100,
        maxwell_tables_processed: 0,
        maxwell_memory_usage: 123,
        maxwell_cpu_usage: 0.5,
        'maxwell_disk_io{direction="read"}': 100,
        'maxwell_disk_io{direction="write"}': 1000,
        'maxwell_network_io{direction="receive"}': 40_000,
        'maxwell_network_io{direction="transmit"}': 700_000 / 30,
        kafka_producer_record_send_rate: 100,
        kafka_producer_byte_rate: 20_000,
        kafka_producer_batch_size_avg: 20_000,
        kafka_producer_request_latency_avg: 5,
        kafka_producer_record_queue_time_avg: 2,
        kafka_producer_request_size_avg: 70_000,
        kafka_producer_record_error_rate: 1,
        kafka_producer_record_retry_rate: 2,
        kafka_producer_buffer_exhausted_rate: 0.1,
        kafka_producer_failed_authentication_rate: 0.2,
      },
    );
    time.ms = 61_000;
    await scrape();
    time.ms = 92_000;
    expect((await scrape()).get('kafka_producer_record_error_rate')).toBe(0);
  });

  it('counts events by their labels', async () => {
    const { metrics, scrape } = setUp();
    metrics.countError('KAFKA_TIMEOUT');
    metrics.observeCommit(0.004);
    metrics.countKafkaTransaction('aborted');
    metrics.observeTakeover('total', 2.5);
    metrics.countTakeover('failover');
    metrics.countRedisRollback();
    const page = await scrape();
    expect(page.get('heaviside_errors_total{code="KAFKA_TIMEOUT"}')).toBe(1);
    expect(page.get('heaviside_errors_total{code="KAFKA_FENCED"}')).toBe(0);
    expect(page.get('heaviside_kafka_transactions_total{outcome="committed"}')).toBe(1);
    expect(page.get('heaviside_kafka_transactions_total{outcome="aborted"}')).toBe(1);
    expect(page.get('heaviside_kafka_transaction_seconds_bucket{le="0.005"}')).toBe(1);
    expect(page.get('heaviside_kafka_transaction_seconds_bucket{le="0.0025"}')).toBe(0);
    expect(page.get('heaviside_takeover_last_seconds{phase="total"}')).toBe(2.5);
    expect([page.get('heaviside_failovers_total'), page.get('heaviside_switchovers_total')]).toEqual([1, 0]);
    expect(page.get('heaviside_redis_rollbacks_total')).toBe(1);
    expect(page.get(`heaviside_build_info{version="1.2.3",node="${process.versions.node}"}`)).toBe(1);
  });

  it('leaves the disk out where the kernel does not tell', async () => {
    const { usage, scrape } = setUp();
    usage.diskReadBytes = null;
    expect((await scrape()).has('maxwell_disk_io{direction="read"}')).toBe(false);
  });

  it("adds Node's own metrics only when asked, and leaves nothing open", async () => {
    const readings = { ...standby };
    const samples = new TransactionSamples(null);
    const counters = createPipelineCounters();
    const options = {
      counters,
      samples,
      prefix: 'MaxwellMetrics',
      read: () => readings,
      clientId: 'shop',
      version: '1',
    };
    const plain = new Metrics(options);
    const full = new Metrics({ ...options, hasRuntimeMetrics: true });
    opened.push(plain, full);
    full.start();
    full.start();
    expect(await plain.render()).not.toContain('nodejs_heap_size_used_bytes');
    expect(await full.render()).toContain('nodejs_heap_size_used_bytes');
  });

  it("gives the seed's metrics as fields of a log line", () => {
    const { metrics } = setUp({ role: 'leader', lagSeconds: 2 });
    expect(metrics.summary()).toMatchObject({
      maxwell_lag_in_seconds: 2,
      maxwell_binlog_position: null,
      maxwell_disk_io_read: 0,
    });
  });
});

describe('readProcessUsage', () => {
  it('reads memory and processor time, and the disk where /proc tells', () => {
    const path = join(tmpdir(), `heaviside-io-${process.pid}`);
    writeFileSync(path, 'rchar: 1\nwchar: 2\nread_bytes: 4096\nwrite_bytes: 8192\n');
    expect(readProcessUsage(path)).toMatchObject({ diskReadBytes: 4096, diskWrittenBytes: 8192 });
    const elsewhere = readProcessUsage('/nowhere/io');
    expect(elsewhere).toMatchObject({ diskReadBytes: null, diskWrittenBytes: null });
    expect(elsewhere.residentBytes).toBeGreaterThan(1_000_000);
    expect(elsewhere.cpuSeconds).toBeGreaterThan(0);
  });
});

describe('docs/metrics.md', () => {
  it('is what the table says', () => {
    const page = fileURLToPath(new URL('../../../docs/metrics.md', import.meta.url));
    expect(readFileSync(page, 'utf8')).toBe(renderMetricsMarkdown());
  });
});
