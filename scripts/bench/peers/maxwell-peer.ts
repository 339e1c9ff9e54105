import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackInfo } from '../../stack/stack-info.ts';
import type { Peer, ReplayJob, RunningPeer } from './peer.ts';

/** Maxwell from a folder of the user's own. Its account needs a database of its own, so it is the administrator's. */
export class MaxwellPeer implements Peer {
  readonly name = 'maxwell';
  readonly version: string;
  readonly guarantee = 'at least once';
  readonly warmShare = 0.4;
  readonly transactionMark = 'gtid';
  readonly #stack: StackInfo;
  readonly #home: string;

  /** @param home MAXWELL_HOME: the folder that holds bin/maxwell */
  constructor(stack: StackInfo, home: string) {
    this.#stack = stack;
    this.#home = home;
    this.version = `of ${home}`;
  }

  topicOf({ id, load, settings }: ReplayJob, table: string): string {
    return settings.topicPerTable ? `${id}.${load.database}.${table}` : id;
  }

  ownTopics(): string[] {
    return [];
  }

  configuration(job: ReplayJob): string {
    return Object.entries(this.#options(job))
      .filter(([key]) => key !== 'password')
      .map(([key, value]) => `${key}=${value}`)
      .join('\n');
  }

  #options({ id, load, settings }: ReplayJob): Record<string, string> {
    const { mysql, kafka } = this.#stack;
    return {
      host: mysql?.host ?? '',
      port: String(mysql?.port),
      user: mysql?.user ?? '',
      password: mysql?.password ?? '',
      client_id: id,
      replica_server_id: '48153',
      schema_database: 'bench_maxwell',
      init_position: `${load.from.file}:${load.from.offset}:0`,
      filter: `exclude: *.*, include: ${load.database}.*`,
      output_gtid_position: 'true',
      producer: 'kafka',
      'kafka.bootstrap.servers': kafka.map(({ host, port }) => `${host}:${port}`).join(','),
      kafka_topic: settings.topicPerTable ? `${id}.%{database}.%{table}` : id,
      producer_partition_by: 'primary_key',
      'kafka.acks': 'all',
      'kafka.compression.type': settings.compression,
      'kafka.batch.size': String(512 * 1024),
      'kafka.linger.ms': '5',
    };
  }

  start(job: ReplayJob): Promise<RunningPeer> {
    const config = join(job.folder, 'maxwell.properties');
    const logFile = join(job.folder, 'maxwell.log');
    const lines = Object.entries(this.#options(job)).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(config, lines.join(''), { mode: 0o600 });
    const log = openSync(logFile, 'a');
    // bin/maxwell ends in `exec java`: the process is Java's.
    const child = spawn(join(this.#home, 'bin', 'maxwell'), ['--config', config], {
      stdio: ['ignore', log, log],
      cwd: job.folder,
    });
    closeSync(log);
    let isTold = false;
    const lastWords = (): string => readFileSync(logFile, 'utf8').slice(-3000);
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => resolve());
    });
    const failed = ended.then((): never => {
      if (isTold) return undefined as never;
      throw new Error(`Maxwell has ended:\n${lastWords()}`);
    });
    failed.catch(() => undefined);
    const stop = async (): Promise<void> => {
      isTold = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(timer);
    };
    return Promise.resolve({ pid: child.pid ?? -1, failed, lastWords, stop });
  }
}
