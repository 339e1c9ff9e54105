import { readFileSync } from 'node:fs';
import { ProductRun, toArguments } from '../../../test/support/product-run.ts';
import { version } from '../../../src/version.ts';
import type { StackInfo } from '../../stack/stack-info.ts';
import type { Peer, ReplayJob, RunningPeer } from './peer.ts';

/** Node's flags that the program is started with as a command: those of its first line, the same as the image's. */
export function nodeFlags(): string[] {
  const [line = ''] = readFileSync(new URL('../../../src/main.ts', import.meta.url), 'utf8').split('\n');
  return line.split(' ').filter((word) => word.startsWith('--'));
}

export type Delivery = 'exactly_once' | 'at_least_once';

/** The built product as a user runs it: a process of its own, a cluster with its lease in Redis. */
export class HeavisidePeer implements Peer {
  readonly name: string;
  readonly version = version;
  readonly guarantee: string;
  readonly warmShare: number;
  readonly transactionMark = 'message-id';
  readonly #stack: StackInfo;
  readonly #delivery: Delivery;
  readonly #extra: Readonly<Record<string, string>>;
  readonly #execArgv: readonly string[];

  /**
   * @param extra options beside those that every run has
   * @param execArgv options of Node.js
   * @param warmShare as of Peer
   */
  constructor(
    stack: StackInfo,
    delivery: Delivery,
    {
      extra = {},
      execArgv = [],
      warmShare = 0,
    }: {
      extra?: Readonly<Record<string, string>>;
      execArgv?: readonly string[];
      warmShare?: number;
    } = {},
  ) {
    this.#stack = stack;
    this.#delivery = delivery;
    this.#extra = extra;
    this.#execArgv = [...nodeFlags(), ...execArgv];
    this.warmShare = warmShare;
    this.name = delivery === 'exactly_once' ? 'heaviside' : 'heaviside-alo';
    this.guarantee = delivery === 'exactly_once' ? 'exactly once' : 'at least once';
  }

  topicOf({ id, load, settings }: ReplayJob, table: string): string {
    return settings.topicPerTable ? `${id}.${load.database}.${table}` : id;
  }

  ownTopics({ id }: ReplayJob): string[] {
    return [`heaviside.${id}.positions`];
  }

  configuration(job: ReplayJob): string {
    const options = Object.entries(this.#options(job)).map(([key, value]) => `${key}=${value}`);
    return [`# node ${nodeFlags().join(' ')}`, ...options].join('\n');
  }

  #options({ id, load, settings }: ReplayJob): Record<string, string> {
    const { mysql, kafka, redis } = this.#stack;
    return {
      host: mysql?.host ?? '',
      port: String(mysql?.port),
      user: mysql?.replicator.user ?? '',
      client_id: id,
      init_position: load.from.gtids,
      filter: `exclude: *.*, include: ${load.database}.*`,
      producer: 'kafka',
      'kafka.bootstrap.servers': kafka.map(({ host, port }) => `${host}:${port}`).join(','),
      kafka_topic: settings.topicPerTable ? `${id}.%{database}.%{table}` : id,
      producer_partition_by: 'primary_key',
      'kafka.compression.type': settings.compression,
      ...(settings.format === 'avro' ? { output_format: 'avro' } : {}),
      delivery: this.#delivery,
      'redis.nodes': redis[0]?.url ?? '',
      http_port: '0',
      http_bind_address: '127.0.0.1',
      ...this.#extra,
    };
  }

  async start(job: ReplayJob): Promise<RunningPeer> {
    const config = { ...this.#options(job), password: this.#stack.mysql?.replicator.password ?? '' };
    const run = new ProductRun(['run', ...toArguments(config)], {
      cwd: job.folder,
      execArgv: this.#execArgv,
    });
    let isTold = false;
    const failed = run.ended.then(({ code, signal }): never => {
      if (isTold) return undefined as never;
      throw new Error(`heaviside ended with ${code ?? signal}:\n${run.stderr.slice(-3000)}`);
    });
    failed.catch(() => undefined);
    await run.logged(/^reading the binlog/);
    return {
      pid: run.pid,
      failed,
      lastWords: () => run.stderr.slice(-3000),
      stop: async () => {
        isTold = true;
        await run.stop();
      },
    };
  }
}
