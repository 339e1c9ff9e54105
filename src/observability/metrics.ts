import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { errorTable, type ErrorCode } from '../errors.ts';
import { eventMetrics, stateMetrics } from './heaviside-metrics.ts';
import { renderMaxwellMetrics } from './maxwell-metrics.ts';
import {
  kafkaTransactionOutcomes,
  type KafkaTransactionOutcome,
  type MetricDefinition,
  type MetricReadings,
  type MetricView,
  type TakeoverPhase,
  type WindowName,
} from './metric-definition.ts';
import type { PipelineCounters } from './pipeline-counters.ts';
import { readProcessUsage, type ProcessUsage } from './process-usage.ts';
import { seedMetrics } from './seed-metrics.ts';
import type { TransactionSamples } from './transaction-samples.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Every metric, as docs/metrics.md lists them. */
export const metricTable: readonly MetricDefinition[] = [
  ...seedMetrics,
  ...stateMetrics,
  ...Object.values(eventMetrics),
];

export interface MetricsOptions {
  readonly counters: PipelineCounters;
  /** The state of the process, asked for once a scrape. */
  readonly read: () => MetricReadings;
  /** Label client_id of every metric, so that several clusters can be told apart. */
  readonly clientId: string;
  /** Version of Heaviside. */
  readonly version: string;
  /** For the metrics under Maxwell's names, which stand behind this prefix (option metrics_prefix). */
  readonly samples: TransactionSamples;
  readonly prefix: string;
  /** Adds Node's own metrics (heap, event loop, garbage collection). Default false. */
  readonly hasRuntimeMetrics?: boolean;
  /** Monotonic milliseconds. */
  readonly monotonic?: () => number;
  readonly readUsage?: () => ProcessUsage;
}

const sampleIntervalMs = 1000;

/** The metrics page. The data path only adds to `counters`; everything else is computed at a scrape. */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #computed: { definition: MetricDefinition; metric: Counter | Gauge }[] = [];
  readonly #windows = new Map<WindowName, SlidingWindow>();
  readonly #monotonic: () => number;
  readonly #readUsage: () => ProcessUsage;
  readonly #errors: Counter;
  readonly #kafkaTransactions: Counter;
  readonly #kafkaTransactionSeconds: Histogram;
  readonly #takeoverSeconds: Histogram;
  readonly #takeoverLastSeconds: Gauge;
  readonly #failovers: Counter;
  readonly #switchovers: Counter;
  readonly #redisRollbacks: Counter;
  #sampler: NodeJS.Timeout | null = null;

  constructor(options: MetricsOptions) {
    this.#options = options;
    this.#monotonic = options.monotonic ?? (() => performance.now());
    this.#readUsage = options.readUsage ?? readProcessUsage;
    this.#registry.setDefaultLabels({ client_id: options.clientId });
    for (const definition of [...seedMetrics, ...stateMetrics]) {
      const metric = definition.kind === 'counter' ? this.#counter(definition) : this.#gauge(definition);
      this.#computed.push({ definition, metric });
    }
    this.#errors = this.#counter(eventMetrics.errors);
    this.#kafkaTransactions = this.#counter(eventMetrics.kafkaTransactions);
    this.#kafkaTransactionSeconds = this.#histogram(eventMetrics.kafkaTransactionSeconds);
    this.#takeoverSeconds = this.#histogram(eventMetrics.takeoverSeconds);
    this.#takeoverLastSeconds = this.#gauge(eventMetrics.takeoverLastSeconds);
    this.#failovers = this.#counter(eventMetrics.failovers);
    this.#switchovers = this.#counter(eventMetrics.switchovers);
    this.#redisRollbacks = this.#counter(eventMetrics.redisRollbacks);
    this.#gauge(eventMetrics.buildInfo).set({ version: options.version, node: process.versions.node }, 1);
    // Series that exist from the start: increase() then sees the first event too.
    for (const code of Object.keys(errorTable)) this.#errors.inc({ code }, 0);
    for (const outcome of kafkaTransactionOutcomes) this.#kafkaTransactions.inc({ outcome }, 0);
    if (options.hasRuntimeMetrics === true) collectDefaultMetrics({ register: this.#registry });
  }

  /** Begins to keep the 30-second windows; the timer does not keep the process alive. */
  start(): void {
    if (this.#sampler !== null) return;
    this.#sample(this.#readUsage());
    this.#sampler = setInterval(() => this.#sample(this.#readUsage()), sampleIntervalMs);
    this.#sampler.unref();
  }

  close(): void {
    if (this.#sampler !== null) clearInterval(this.#sampler);
    this.#sampler = null;
    this.#registry.clear();
  }

  countError(code: ErrorCode): void {
    this.#errors.inc({ code });
  }

  countKafkaTransaction(outcome: KafkaTransactionOutcome): void {
    this.#kafkaTransactions.inc({ outcome });
  }

  /** A Kafka transaction was committed. @param seconds from the first write to the answer */
  observeCommit(seconds: number): void {
    this.countKafkaTransaction('committed');
    this.#kafkaTransactionSeconds.observe(seconds);
    this.#options.samples.publishSeconds.add(seconds);
  }

  observeTakeover(phase: TakeoverPhase, seconds: number): void {
    this.#takeoverSeconds.observe({ phase }, seconds);
    this.#takeoverLastSeconds.set({ phase }, seconds);
  }

  /** This replica became the leader after another one (or its own earlier self) had led. */
  countTakeover(kind: 'failover' | 'switchover'): void {
    (kind === 'failover' ? this.#failovers : this.#switchovers).inc();
  }

  /** A takeover found Redis behind the position record. */
  countRedisRollback(): void {
    this.#redisRollbacks.inc();
  }

  /** Content type of `render`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The page in Prometheus's text format. */
  async render(): Promise<string> {
    const view = this.#view();
    for (const { definition, metric } of this.#computed) update(metric, definition.read?.(view) ?? null);
    const { prefix, samples } = this.#options;
    return `${await this.#registry.metrics()}\n${renderMaxwellMetrics(prefix, view, samples)}`;
  }

  /** The seed's metrics as fields of a log line; absent ones are null, labelled ones are keyed by their label. */
  summary(): Record<string, number | null> {
    const view = this.#view();
    const fields: Record<string, number | null> = {};
    for (const { name, read } of seedMetrics) {
      const reading = read?.(view) ?? null;
      if (reading === null || typeof reading === 'number') fields[name] = reading;
      else
        for (const { labels, value } of reading) fields[`${name}_${Object.values(labels).join('_')}`] = value;
    }
    return fields;
  }

  #view(): MetricView {
    const usage = this.#readUsage();
    this.#sample(usage);
    return {
      counters: this.#options.counters,
      readings: this.#options.read(),
      usage,
      rate: (name) => this.#windows.get(name)?.ratePerSecond() ?? 0,
      average: (sum, count) => {
        const counted = this.#windows.get(count)?.increase() ?? 0;
        return counted === 0 ? 0 : (this.#windows.get(sum)?.increase() ?? 0) / counted;
      },
    };
  }

  #sample(usage: ProcessUsage): void {
    const { counters } = this.#options;
    const totals: Record<WindowName, number> = {
      records: counters.records,
      batches: counters.batches,
      batchBytes: counters.batchBytes,
      requests: counters.requests,
      requestBytes: counters.requestBytes,
      requestSeconds: counters.requestSeconds,
      recordQueueSeconds: counters.recordQueueSeconds,
      failedRecords: counters.failedRecords,
      retriedRecords: counters.retriedRecords,
      bufferExhaustedWaits: counters.bufferExhaustedWaits,
      failedAuthentications: counters.failedAuthentications,
      sourceBytes: counters.sourceBytes,
      cpuSeconds: usage.cpuSeconds,
      diskReadBytes: usage.diskReadBytes ?? 0,
      diskWrittenBytes: usage.diskWrittenBytes ?? 0,
    };
    for (const name of Object.keys(totals) as WindowName[]) {
      let window = this.#windows.get(name);
      if (window === undefined)
        this.#windows.set(name, (window = new SlidingWindow({ now: this.#monotonic })));
      window.record(totals[name]);
    }
  }

  #counter({ name, help, labels = [] }: MetricDefinition): Counter {
    return new Counter({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  #gauge({ name, help, labels = [] }: MetricDefinition): Gauge {
    return new Gauge({ name, help, labelNames: [...labels], registers: [this.#registry] });
  }

  #histogram({ name, help, labels = [], buckets = [] }: MetricDefinition): Histogram {
    return new Histogram({
      name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }
}

function update(metric: Counter | Gauge, reading: ReturnType<NonNullable<MetricDefinition['read']>>): void {
  metric.reset();
  if (reading === null)
    metric.remove(); // reset leaves a 0 behind where there are no labels
  else if (typeof reading === 'number') metric.inc(reading);
  else for (const { labels, value } of reading) metric.inc({ ...labels }, value);
}
