import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { openPages } from '../../../src/assembly/open-pages.ts';
import type { HttpServer } from '../../../src/health/http-server.ts';
import { Metrics } from '../../../src/observability/metrics.ts';
import { metricReadings } from '../../../src/assembly/metric-readings.ts';
import { ReplicaState } from '../../../src/replica-state.ts';
import { loadConfigText } from '../../support/load-config-text.ts';
import { BatchTally } from '../../../src/model/batch-tally.ts';
import { StreamHistory } from '../../../src/observability/stream-history.ts';
import { MemoryLog } from '../../support/memory-log.ts';

const opened: HttpServer[] = [];
const collected: Metrics[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close();
  for (const metrics of collected.splice(0)) metrics.close();
});

/** The servers that lines of the configuration open; ports are any free ones unless said otherwise. */
async function open(lines: string): Promise<HttpServer[]> {
  const { config } = loadConfigText({ file: `user=u\nhttp_port=0\nhttp_bind_address=127.0.0.1\n${lines}` });
  const state = new ReplicaState('one', 5000, config.metrics.ageSloSeconds);
  state.countCommitted(new BatchTally());
  state.samples.addAge(Date.now() * 1000 - 5_000_000, Date.now());
  const metrics = new Metrics({
    counters: state.counters,
    samples: state.samples,
    prefix: config.metrics.prefix,
    read: () => metricReadings(state, config),
    clientId: 'shop',
    version: '1',
    hasRuntimeMetrics: config.metrics.hasRuntimeMetrics,
  });
  collected.push(metrics);
  const checks = { slow: () => new Promise(() => undefined) };
  const servers = await openPages({
    config,
    state,
    metrics,
    log: new MemoryLog(),
    redis: null,
    history: new StreamHistory(1),
    checks,
  });
  opened.push(...servers);
  return servers;
}

/** A page, as status and body; null where nothing listens there. */
async function page(port: number, path: string, host = '127.0.0.1'): Promise<string | null> {
  return new Promise((resolve) => {
    get({ host, port, path, agent: false }, (response) => {
      void text(response).then((body) => resolve(`${response.statusCode} ${body}`));
    }).on('error', () => resolve(null));
  });
}

const portOf = (servers: readonly HttpServer[], index = 0): number => servers[index]?.port ?? 0;

describe('the pages', () => {
  it('[http_enabled] false: none', async () => {
    expect(await open('http_enabled=false')).toEqual([]);
  });

  it('[http_port] stand at the port', async () => {
    const [taken] = await open('');
    const port = taken?.port ?? 0;
    await taken?.close();
    expect(port).not.toBe(8080);
    expect(portOf(await open(`http_port=${port}`))).toBe(port);
  });

  it('[http_bind_address] at that address alone', async () => {
    const port = portOf(await open('http_bind_address=127.0.0.1'));
    expect(await page(port, '/ping')).toBe('200 pong\n');
    expect(await page(port, '/ping', '127.0.0.2')).toBeNull();
  });

  it('[http_path_prefix] below the prefix alone', async () => {
    const port = portOf(await open('http_path_prefix=/hv'));
    expect(await page(port, '/hv/ping')).toBe('200 pong\n');
    expect(await page(port, '/ping')).toMatch(/^404/u);
  });

  it('[http_config, http_diagnostic] are there when asked for', async () => {
    const port = portOf(await open('http_config=true\nhttp_diagnostic=true\nhttp_diagnostic_timeout=100'));
    expect(await page(port, '/config')).toMatch(/^200 .*"http_config":true/u);
    expect(await page(port, '/diagnostic')).toMatch(/^503 /u);
    const plain = portOf(await open(''));
    expect(await page(plain, '/config')).toMatch(/^404/u);
    expect(await page(plain, '/diagnostic')).toMatch(/^404/u);
  });

  it('[http_diagnostic_timeout] bounds each check', async () => {
    const port = portOf(await open('http_diagnostic=true\nhttp_diagnostic_timeout=150'));
    expect(await page(port, '/diagnostic')).toContain('no answer within 150 ms');
  });

  it('[jmx_enabled] false: no second server, though jmx_port is given', async () => {
    expect(await open('jmx_host=127.0.0.1\njmx_port=0')).toHaveLength(2);
    expect(await open('jmx_enabled=false\njmx_host=127.0.0.1\njmx_port=0')).toHaveLength(1);
  });

  it('[jmx_port, jmx_host] at the address of the JVM', async () => {
    const [, second] = await open('jmx_enabled=true\njmx_host=127.0.0.1\njmx_port=0');
    const port = second?.port ?? 0;
    expect(port).not.toBe(9999);
    expect(await page(port, '/metrics')).toContain('maxwell_lag_in_seconds');
    expect(await page(port, '/metrics', '127.0.0.2')).toBeNull();
  });
});

describe('the metrics', () => {
  const metricsOf = async (lines: string): Promise<string> =>
    (await page(portOf(await open(lines)), '/metrics')) ?? '';

  it("[metrics_prefix] before Maxwell's names", async () => {
    expect(await metricsOf('metrics_prefix=Shop')).toContain('\nShop_messages_succeeded 0\n');
  });

  it('[metrics_age_slo] what is older is a violation', async () => {
    expect(await metricsOf('metrics_age_slo=1')).toContain(
      'MaxwellMetrics_message_publish_age_slo_violation 1\n',
    );
    expect(await metricsOf('')).toContain('MaxwellMetrics_message_publish_age_slo_violation 0\n');
  });

  it.each(['[metrics_jvm]', '[jvm_memory_monitoring]'])('%s those of the runtime', async (tag) => {
    expect(await metricsOf(`${tag.slice(1, -1)}=true`)).toContain('nodejs_heap_size_used_bytes');
    expect(await metricsOf('')).not.toContain('nodejs_heap_size_used_bytes');
  });

  it('[kafka.buffer.memory] shows its bound', async () => {
    expect(await metricsOf('kafka.buffer.memory=32m')).toContain(
      'heaviside_buffer_limit_bytes{client_id="shop"} 33554432',
    );
  });
});
