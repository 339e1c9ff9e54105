import { hostname } from 'node:os';
import { BinlogPort } from './assembly/source-port.ts';
import { leadershipLimits } from './assembly/leadership-limits.ts';
import { encoderFactory } from './assembly/encode-settings.ts';
import { KafkaPort } from './assembly/kafka-port.ts';
import { LinePort } from './assembly/line-port.ts';
import { RedisParts } from './assembly/redis-parts.ts';
import { configFingerprint, type Config } from './config/config.ts';
import { Standalone } from './election/standalone.ts';
import { LeaveRequest, type ElectionJob, type LeadOutcome } from './election/leader-elector.ts';
import type { Lease } from './election/lease.ts';
import { asHeavisideError, HeavisideError } from './errors.ts';
import type { HttpServer } from './health/http-server.ts';
import { Leadership } from './leadership.ts';
import type { OutputPort } from './ports.ts';
import { Backoff } from './lifecycle/backoff.ts';
import { systemClock } from './lifecycle/clock.ts';
import { nameFailpoints } from './lifecycle/failpoint.ts';
import { MemoryGuard } from './lifecycle/memory-guard.ts';
import { readMemory } from './lifecycle/memory-usage.ts';
import { positionText, type PositionRecord } from './model/position-record.ts';
import { initialPosition } from './assembly/initial-position.ts';
import { Metrics } from './observability/metrics.ts';
import { PinoLog } from './observability/pino-logger.ts';
import { metricReadings } from './assembly/metric-readings.ts';
import { ReplicaState } from './replica-state.ts';
import { openPages } from './assembly/open-pages.ts';
import { StreamWatch } from './assembly/stream-watch.ts';
import { snapshotSettings } from './assembly/snapshot-settings.ts';
import { version } from './version.ts';
import type { CheckpointStore } from './checkpoint/checkpointer.ts';
import { PositionFile } from './checkpoint/position-file.ts';

/** One replica: every part built from the configuration, joined, run, and closed again. */
export class Replica {
  readonly #config: Config;
  readonly state: ReplicaState;
  readonly log: PinoLog;
  readonly #metrics: Metrics;
  readonly #source: BinlogPort;
  readonly #redis: RedisParts | null;
  readonly #outputs: OutputPort & { prove(): Promise<PositionRecord | null> };
  readonly #checkpoints: CheckpointStore | null;
  readonly #leadership: Leadership;
  readonly #watch: StreamWatch;
  readonly #servers: HttpServer[] = [];
  readonly #stopped = new AbortController();

  constructor(config: Config) {
    this.#config = config;
    const state = (this.state = new ReplicaState(
      config.replicaName,
      config.source.heartbeatMs,
      config.metrics.ageSloSeconds,
    ));
    nameFailpoints(config.replicaName);
    this.log = PinoLog.open({
      level: config.process.logLevel,
      context: () => ({
        replica: state.replica,
        role: state.role,
        epoch: state.epoch,
        gtid: state.position?.gtidSet ?? null,
      }),
    });
    this.#metrics = new Metrics({
      counters: state.counters,
      read: () => metricReadings(state, config),
      samples: state.samples,
      prefix: config.metrics.prefix,
      clientId: config.clientId,
      version,
      hasRuntimeMetrics: config.metrics.hasRuntimeMetrics,
    });
    this.#redis = config.ha.isEnabled ? new RedisParts(config, this.log, state) : null;
    this.#source = new BinlogPort(config, this.log, state.counters);
    state.binlogRetentionSeconds = () => this.#source.retentionSeconds;
    this.#outputs =
      config.producer.kind === 'kafka'
        ? new KafkaPort({
            config,
            state,
            metrics: this.#metrics,
            log: this.log,
            checkpoints: this.#redis?.checkpoints ?? null,
            canOtherReachKafka: async (withinMs) =>
              (await this.#redis?.otherReaches('kafka', withinMs)) ?? false,
          })
        : new LinePort(config);
    this.#watch = new StreamWatch({
      state,
      replicas: async () => (await this.#redis?.replicas()) ?? [],
      refreshRetention: () => this.#source.refreshRetention(),
    });
    this.#checkpoints = this.#chooseCheckpoints();
    this.#leadership = this.#createLeadership();
  }

  #chooseCheckpoints(): CheckpointStore | null {
    if (this.#redis) return this.#redis.checkpointStore();
    const { file, isFileSynced } = this.#config.position;
    return file === null ? null : new PositionFile(file, isFileSynced);
  }

  #createLeadership(): Leadership {
    const reconnect = new Backoff({ initialMs: 250, multiplier: 2, maxMs: 10_000, jitter: 0.2 });
    return new Leadership({
      state: this.state,
      source: this.#source,
      outputs: this.#outputs,
      createEncoder: encoderFactory(this.#config, this.log),
      checkpoints: this.#checkpoints,
      log: this.log,
      configFingerprint: configFingerprint(this.#config),
      initPosition: (flavor) => initialPosition(this.#config.position.init, flavor),
      ...leadershipLimits(this.#config),
      ...snapshotSettings(this, this.#config, this.#source, this.#redis?.snapshotRequests ?? null),
      canOtherReachSource: async (withinMs) => (await this.#redis?.otherReaches('source', withinMs)) ?? true,
      backoffMs: (failures) => {
        if (failures <= 1) reconnect.reset();
        return reconnect.next();
      },
      onPhase: (phase, seconds) => this.#metrics.observeTakeover(phase, seconds),
      onRedisRollback: () => this.#metrics.countRedisRollback(),
      onLeading: (leading) => {
        const kind = this.#redis?.noteTakeover(leading) ?? 'failover';
        if (leading.previous && kind !== 'first') this.#metrics.countTakeover(kind);
      },
      onError: (error) => this.#metrics.countError(error.code),
    });
  }

  /**
   * The preflight at the start of the process: what cannot pass by itself ends it here, with its exit code.
   * What is merely not reachable now is waited for.
   */
  async checkAtStart(): Promise<void> {
    const checks = [() => this.#source.prove(), () => this.#outputs.prove()];
    for (const check of checks) {
      try {
        await check();
      } catch (cause) {
        const error = asHeavisideError(cause);
        if (error.endsStart) throw error;
        this.log.warn({ code: error.code, error: error.message, hint: error.hint }, 'not ready yet');
      }
    }
  }

  /** Runs until the signal asks it to leave. Rejects with an error whose reaction is `exit`. */
  async run(stop: AbortSignal): Promise<void> {
    stop.addEventListener('abort', () => (this.state.isStopping = true));
    const memory = this.#guardMemory();
    try {
      await this.#listen();
      this.#metrics.start();
      this.#startMetricsLog();
      this.#watch.start();
      this.log.info({ version, clientId: this.#config.clientId, host: hostname() }, 'heaviside starts');
      const signal = AbortSignal.any([stop, memory]);
      if (this.#redis) await this.#redis.run(this.#job(signal));
      else await new Standalone(this.log).run(this.#job(signal));
      if (memory.aborted) throw memory.reason;
    } finally {
      await this.#close();
    }
  }

  #job(signal: AbortSignal): ElectionJob {
    const { state } = this;
    return {
      signal,
      prove: () => this.#prove(),
      lead: (lease, leave) => this.#lead(lease, leave),
      onRole: ({ role, reason, code }) => {
        state.role = role;
        state.reason = reason;
        state.electionFailure =
          role === 'candidate' && code !== null ? new HeavisideError(code, reason) : null;
        if (role === 'leader') state.refusal = null;
      },
    };
  }

  async #prove(): Promise<void> {
    const { state } = this;
    const startedAt = performance.now();
    try {
      const last = await this.#outputs.prove();
      await state.lookAtSource(this.#source.prove(last));
      state.provedAt = startedAt;
      state.refusal = null;
    } catch (cause) {
      throw this.#refuse(cause);
    }
  }

  #refuse(cause: unknown): HeavisideError {
    const error = asHeavisideError(cause);
    this.state.refusal = error;
    this.#metrics.countError(error.code);
    this.log.error({ code: error.code, error: error.message, hint: error.hint }, 'cannot lead now');
    return error;
  }

  async #lead(lease: Lease, leave: AbortSignal): Promise<LeadOutcome> {
    const { state } = this;
    state.epoch = lease.epoch;
    try {
      await this.#leadership.lead(lease, leave);
      return { kind: 'left' };
    } catch (cause) {
      if (
        leave.reason instanceof LeaveRequest &&
        lease.signal.aborted === false &&
        asHeavisideError(cause).reaction === 'retry'
      ) {
        return { kind: 'left' };
      }
      const error = lease.signal.aborted ? asHeavisideError(lease.signal.reason) : this.#refuse(cause);
      if (error.reaction === 'blocked') await this.#block(error);
      const exclude = error.reaction === 'retry' || error.reaction === 'rebuild';
      return { kind: 'step-down', error, ...(exclude ? { exclude } : {}) };
    }
  }

  /** Any replica would meet it again: none takes over until an operator acts or the configuration changes. */
  async #block(error: HeavisideError): Promise<void> {
    const { position } = this.state;
    if (!this.#redis) throw error;
    await this.#redis.block({
      code: error.code,
      message: `${error.message}. ${error.hint}`,
      position: position ? positionText(position) : 'none',
    });
  }

  async #listen(): Promise<void> {
    const servers = await openPages({
      config: this.#config,
      state: this.state,
      metrics: this.#metrics,
      log: this.log,
      redis: this.#redis,
      history: this.#watch.history,
      checks: {
        'binlog-connector': () => this.#source.prove(),
        [`${this.#config.producer.kind}-producer`]: () => this.#outputs.prove(),
      },
    });
    this.#servers.push(...servers);
    if (this.#redis) this.#redis.httpPort = servers[0]?.port ?? null;
  }

  #startMetricsLog(): void {
    const { logIntervalMs } = this.#config.metrics;
    if (logIntervalMs === null) return;
    const timer = setInterval(() => this.log.info(this.#metrics.summary(), 'metrics'), logIntervalMs);
    timer.unref();
    this.#stopped.signal.addEventListener('abort', () => clearInterval(timer));
  }

  /** Aborted with MEMORY_EXHAUSTED when memory stands at 95 % of its limit. */
  #guardMemory(): AbortSignal {
    const exhausted = new AbortController();
    const guard = new MemoryGuard({
      clock: systemClock,
      read: () => readMemory(this.#config.process.heapLimitBytes),
      onWarn: ({ kind, usedBytes, limitBytes }) =>
        this.log.warn({ kind, usedBytes, limitBytes }, 'memory is at 85 % of its limit'),
      onLeave: ({ kind, usedBytes, limitBytes }) => {
        this.log.error(
          { kind, usedBytes, limitBytes, code: 'MEMORY_EXHAUSTED' },
          'memory is at 95 % of its limit: leaving',
        );
        exhausted.abort(
          asHeavisideError(
            new Error(`${kind} memory: ${usedBytes} of ${limitBytes} bytes`),
            'MEMORY_EXHAUSTED',
          ),
        );
      },
    });
    void guard.run(this.#stopped.signal);
    return exhausted.signal;
  }

  async #close(): Promise<void> {
    this.#stopped.abort();
    this.#watch.stop();
    await this.#redis?.close();
    for (const server of this.#servers) await server.close();
    this.#metrics.close();
    this.log.info({}, 'heaviside has stopped');
    this.log.flush();
  }
}
