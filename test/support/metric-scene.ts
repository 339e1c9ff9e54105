import { setTimeout as sleep } from 'node:timers/promises';
import { redisKeys } from '../../src/redis/redis-keys.ts';
import { withRedis } from './ha-place.ts';
import { KafkaDetour } from './kafka-detour.ts';
import { metricSamples } from './metric-samples.ts';
import { ProductPlace } from './product-place.ts';
import { toArguments, type ProductRun } from './product-run.ts';
import { SteadyLoad } from './steady-load.ts';
import { waitUntil } from './wait-until.ts';

const SCRAPE_MS = 100;
const MAX_BLOCK_MS = 200;
/** What a snapshot may meet is met by the first, as a rule. */
const SNAPSHOTS = 10;
/** Often enough that one of them falls into the reading of a chunk. */
const ALTER_MS = 50;
const PATIENCE_MS = 60_000;
const values = (count: number, text: string): string =>
  Array.from({ length: count }, () => `('${text}')`).join();

/** Two replicas and what happens to a cluster in its life; the highest value of every metric on the way is kept. */
export class MetricScene {
  readonly place: ProductPlace;
  readonly clientId: string;
  /** `one` leads first; `two` passes over rows that it cannot decode. */
  readonly one: ProductRun;
  readonly two: ProductRun;
  readonly #detour: KafkaDetour;
  readonly #command: readonly string[];
  /** By series, over every scrape of both replicas. */
  readonly #highest = new Map<string, number>();
  #isClosed = false;
  #isTwoKilled = false;
  readonly #scraping: Promise<void>;
  #load: SteadyLoad | null = null;
  #life: Promise<void> | null = null;

  private constructor(
    place: ProductPlace,
    clientId: string,
    parts: { detour: KafkaDetour; one: ProductRun; two: ProductRun; command: readonly string[] },
  ) {
    this.place = place;
    this.clientId = clientId;
    this.#detour = parts.detour;
    this.one = parts.one;
    this.two = parts.two;
    this.#command = parts.command;
    this.#scraping = this.#scrape();
    this.#scraping.catch(() => undefined); // close() tells it
  }

  /** A database with an empty table `t`, led by `one`. */
  static async open(): Promise<MetricScene> {
    const place = await ProductPlace.open('pages');
    const [broker] = place.stack.kafka;
    if (broker === undefined) throw new Error('no broker');
    const detour = await KafkaDetour.open(broker);
    const database = place.name;
    await place.createDatabase('mysql', database);
    await place.sql(
      'mysql',
      `CREATE TABLE ${database}.hidden (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100))`,
      `CREATE TABLE ${database}.items (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(100))`,
      `CREATE TABLE ${database}.documents (id INT PRIMARY KEY AUTO_INCREMENT, doc JSON)`,
      `INSERT INTO ${database}.items (v) VALUES ${values(2000, 'before')}`,
      `ANALYZE TABLE ${database}.items`, // else the server estimates that it is empty
    );
    const config = place.config('pages', place.replicator('mysql'), database, {
      ...place.ha(),
      filter: `exclude: *.*, include: ${database}.*, exclude: ${database}.hidden`,
      'kafka.bootstrap.servers': detour.address,
      // Small bounds, which a little load reaches.
      'kafka.buffer.memory': '262144',
      'kafka.max.block.ms': String(MAX_BLOCK_MS),
      spill_threshold_bytes: '65536',
      breaker_reset_ms: '500',
      snapshot_max_rows_per_second: '1500',
      metrics_age_slo: '1',
      http_diagnostic: 'true',
      http_config: 'true',
    });
    const one = await place.lead({ ...config, replica_name: 'one' });
    const two = place.run({ ...config, replica_name: 'two', on_decode_error: 'skip' });
    await two.logged(/now standby/);
    const clientId = config['client_id'] ?? '';
    return new MetricScene(place, clientId, { detour, one, two, command: toArguments(config) });
  }

  get database(): string {
    return this.place.name;
  }

  /** What was seen of a metric at its highest, over all its series; null: it was never there. */
  highest(name: string): number | null {
    const series = [...this.#highest].filter(([each]) => each === name || each.startsWith(`${name}{`));
    return series.length === 0 ? null : Math.max(...series.map(([, value]) => value));
  }

  async metrics(run: ProductRun): Promise<Map<string, number>> {
    return metricSamples((await run.page('/metrics')).body, this.clientId);
  }

  /** Once: load, a snapshot, a comparison, an outage of Kafka, a switchover and a failover. The load goes on. */
  async live(): Promise<void> {
    this.#life ??= this.#live();
    return this.#life;
  }

  /** A row comes that cannot be decoded, and whoever leads does not pass over it. */
  async block(): Promise<void> {
    await this.#undecodable();
    await this.#saw('heaviside_blocked');
    await this.#saw('heaviside_refused');
  }

  async #live(): Promise<void> {
    const { database, place } = this;
    this.#load = new SteadyLoad(place, (round) => this.#round(round), 25);
    await this.#saw('heaviside_spill_bytes_total');
    await Promise.all([this.#snapshots(), this.#run('verify', `${database}.t`)]);
    await this.#outage();
    await this.#run('switchover');
    await this.#saw('heaviside_switchovers_total');
    await this.#undecodable();
    await this.#saw('heaviside_rows_undecodable_total');
    const epoch = this.highest('heaviside_epoch') ?? 0;
    this.#isTwoKilled = true;
    this.two.kill('SIGKILL');
    // Redis forgets the epoch, as one does that failed over without its last writes.
    await withRedis(place.redisUrl, (redis) => redis.del(redisKeys(this.clientId).epoch));
    await this.#saw('heaviside_failovers_total');
    await this.one.until(async () => Number((await this.one.status())['epoch']) > epoch, 'the next epoch');
    await this.#saw('heaviside_verify_last_run_timestamp_seconds'); // the replicas look now and then
  }

  /** Kafka is away until the buffer is full, and for longer than a wait for room may take. */
  async #outage(): Promise<void> {
    this.#detour.cut();
    await this.#saw('heaviside_breaker_state{state="open"}');
    const isFull = async (): Promise<boolean> => {
      const metrics = await this.metrics(this.one);
      const [bytes = 0, limit = 0] = ['', 'limit_'].map((kind) =>
        metrics.get(`heaviside_queue_${kind}bytes`),
      );
      return bytes > limit / 2;
    };
    await waitUntil(isFull, { timeoutMs: PATIENCE_MS, what: 'a full buffer', everyMs: SCRAPE_MS });
    await sleep(2 * MAX_BLOCK_MS);
    this.#detour.restore();
    await this.#saw('kafka_producer_buffer_exhausted_rate');
    await this.#saw('kafka_producer_record_retry_rate');
    await this.two.until(async () => (await this.two.status())['role'] === 'standby', 'a standby');
  }

  /** Of a table that is changed and altered meanwhile: again until everything that a snapshot may meet was met. */
  async #snapshots(): Promise<void> {
    const isUnseen = (kind: string): boolean => !((this.highest(`heaviside_snapshot_${kind}`) ?? 0) > 0);
    const kinds = ['seconds_left', 'chunks_discarded_total', 'rows_overtaken_total'];
    const table = `${this.database}.items`;
    for (let round = 0; round < SNAPSHOTS && kinds.some(isUnseen); round++) {
      let isOver = false;
      const snapshot = this.#snapshot(table).finally(() => (isOver = true));
      snapshot.catch(() => undefined); // awaited below
      while (!isOver && isUnseen('chunks_discarded_total')) {
        await this.place.sql('mysql', `ALTER TABLE ${table} COMMENT '${performance.now()}'`);
        await sleep(ALTER_MS);
      }
      await snapshot;
    }
  }

  async #snapshot(table: string): Promise<void> {
    await this.#run('snapshot', 'start', table);
    const isOver = async (): Promise<boolean> =>
      (await this.metrics(this.one)).get('heaviside_snapshot_tasks') === 0;
    await waitUntil(isOver, { timeoutMs: PATIENCE_MS, what: 'the end of the snapshot', everyMs: SCRAPE_MS });
  }

  #round(round: number): string[] {
    const { database } = this;
    const large = `INSERT INTO ${database}.t (v) VALUES ${values(800, 'x'.repeat(100))}`;
    return [
      `INSERT INTO ${database}.t (v) VALUES ${values(20, `round ${round}`)}`,
      `UPDATE ${database}.t SET v = 'updated' ORDER BY id DESC LIMIT 5`,
      `DELETE FROM ${database}.t ORDER BY id LIMIT 1`,
      `UPDATE ${database}.items SET v = 'round ${round}' WHERE id % 10 = ${round % 10}`,
      `INSERT INTO ${database}.hidden (v) VALUES ('left out')`,
      ...(round % 10 === 0 ? [large] : []),
    ];
  }

  async #undecodable(): Promise<void> {
    const table = `${this.database}.documents`;
    await this.place.sql(
      'mysql',
      `INSERT INTO ${table} (doc) VALUES (JSON_OBJECT('a', 1, 'f', REPEAT('f', 1000)))`,
      "SET SESSION binlog_row_value_options = 'PARTIAL_JSON', SESSION binlog_row_image = 'MINIMAL'",
      `UPDATE ${table} SET doc = JSON_SET(doc, '$.a', doc->'$.a' + 1) ORDER BY id DESC LIMIT 1`,
      'SET SESSION binlog_row_value_options = DEFAULT, SESSION binlog_row_image = DEFAULT',
    );
  }

  async #run(...words: readonly string[]): Promise<void> {
    const run = this.place.launch([...words, ...this.#command]);
    const { code } = await run.end(PATIENCE_MS);
    if (code !== 0) throw new Error(`${words.join(' ')}: exit ${code}\n${run.stdout}\n${run.stderr}`);
  }

  async #saw(name: string): Promise<void> {
    await waitUntil(() => (this.highest(name) ?? 0) > 0, { timeoutMs: PATIENCE_MS, what: name, everyMs: 50 });
  }

  async #scrape(): Promise<void> {
    while (!this.#isClosed) {
      for (const run of [this.one, this.two]) {
        if (run === this.two && this.#isTwoKilled) continue;
        const samples = await this.metrics(run).catch((error: unknown) => {
          if (run === this.two && this.#isTwoKilled) return []; // in the middle of an answer
          throw error;
        });
        for (const [series, value] of samples)
          this.#highest.set(series, Math.max(value, this.#highest.get(series) ?? value));
      }
      await sleep(SCRAPE_MS);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.#load?.stop();
      await this.#scraping;
    } finally {
      await this.#detour.close();
      await this.place.close();
    }
  }
}
