import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, HOST } from '../../scripts/stack/free-port.ts';
import { prometheusTools } from '../../scripts/stack/prometheus.ts';
import { runCommand } from '../../scripts/stack/run-command.ts';
import { waitUntil } from './wait-until.ts';

/** A sample of an answer: the labels of the series, and its value. */
export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a Prometheus scrapes and by which rules it alerts. */
export interface PrometheusOptions {
  /** The text of a rules file; default: none. */
  readonly rules?: string;
  /** Seconds between two scrapes and two evaluations; default 1. */
  readonly intervalSeconds?: number;
}

/** A Prometheus of a test's own; its job is `maxwell`, as the alert rules expect. */
export class PrometheusProcess {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
  }

  /** Starts it, without targets. Rejects with promtool's words where the rules are wrong. */
  static async start(options: PrometheusOptions = {}): Promise<PrometheusProcess> {
    const { prometheus, promtool } = await prometheusTools();
    const folder = mkdtempSync(join(tmpdir(), 'heaviside-prometheus-'));
    const interval = `${options.intervalSeconds ?? 1}s`;
    writeFileSync(join(folder, 'rules.yaml'), options.rules ?? 'groups: []\n');
    writeFileSync(join(folder, 'targets.json'), '[]');
    await runCommand(promtool.command, [...promtool.args, 'check', 'rules', join(folder, 'rules.yaml')]);
    const config = [
      `global: { scrape_interval: ${interval}, scrape_timeout: ${interval}, evaluation_interval: ${interval} }`,
      `rule_files: [${join(folder, 'rules.yaml')}]`,
      'scrape_configs:',
      '  - job_name: maxwell',
      `    file_sd_configs: [{ files: [${join(folder, 'targets.json')}], refresh_interval: 1s }]`,
      '',
    ];
    writeFileSync(join(folder, 'prometheus.yml'), config.join('\n'));
    const port = await freePort(new Set());
    const log = openSync(join(folder, 'prometheus.log'), 'a');
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${HOST}:${port}`,
    ];
    const child = spawn(prometheus.command, [...prometheus.args, ...args], { stdio: ['ignore', log, log] });
    closeSync(log);
    process.once('exit', () => child.kill('SIGKILL'));
    const started = new PrometheusProcess(`http://${HOST}:${port}`, folder, child);
    const isReady = async (): Promise<boolean> => {
      if (child.exitCode !== null)
        throw new Error(
          `prometheus has ended: ${readFileSync(join(folder, 'prometheus.log'), 'utf8').slice(-1000)}`,
        );
      return fetch(`${started.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    };
    await waitUntil(isReady, { timeoutMs: 60_000, what: 'Prometheus to be ready', everyMs: 100 });
    return started;
  }

  /** Scrapes these ports of 127.0.0.1 from now on, and no others. */
  scrape(ports: readonly number[]): void {
    const targets = [{ targets: ports.map((port) => `${HOST}:${port}`) }];
    writeFileSync(join(this.#folder, 'targets.json'), JSON.stringify(targets));
  }

  /** An instant query. @throws Error with Prometheus's words */
  async query(expression: string): Promise<PrometheusSample[]> {
    const answer = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { error, data } = (await answer.json()) as {
      error?: string;
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    if (data === undefined) throw new Error(`${expression}: ${error ?? answer.status}`);
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  }

  /** Waits until it has scraped each target well after now. */
  async settle(): Promise<void> {
    const startedAt = Date.now() / 1000;
    const isFresh = async (): Promise<boolean> => {
      const samples = await this.query('timestamp(up{job="maxwell"} == 1)');
      return samples.length > 0 && samples.every(({ value }) => value > startedAt + 1);
    };
    await waitUntil(isFresh, { timeoutMs: 60_000, what: 'a fresh scrape of every replica', everyMs: 200 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      await once(this.#child, 'exit');
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
