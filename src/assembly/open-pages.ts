import { setTimeout as sleep } from 'node:timers/promises';
import { describeConfig, type Config } from '../config/config.ts';
import { asHeavisideError } from '../errors.ts';
import { Health } from '../health/health.ts';
import type { DiagnosticCheck } from '../health/http-pages.ts';
import { HttpServer } from '../health/http-server.ts';
import type { Log } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { ReplicaState } from '../replica-state.ts';
import type { StreamHistory } from '../observability/stream-history.ts';
import { historyPage, lookAround, statusPage, type StatusSources } from './status-page.ts';

export interface PageParts {
  readonly config: Config;
  readonly state: ReplicaState;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Null without HA. */
  readonly redis: StatusSources | null;
  readonly history: StreamHistory;
  /** Looks at the source and the output now; for /diagnostic. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
}

/** Milliseconds without progress while work is queued, after which a leader counts as stuck. */
const stuckAfterMs = 60_000;

function health(state: ReplicaState): Health {
  const pipeline = (): { lastProgressAt: number; hasQueuedWork: boolean; isPaused: boolean } => ({
    lastProgressAt: state.lastProgressAt,
    hasQueuedWork: state.queueBytes() > 0,
    isPaused: state.breaker !== 'closed',
  });
  return new Health(
    () => ({
      role: state.role,
      isStopping: state.isStopping,
      blocked: state.blocked,
      refusal: state.hindrance,
      pipeline: state.role === 'leader' ? pipeline() : null,
    }),
    { stuckAfterMs, now: () => performance.now() },
  );
}

/** Runs every check side by side, each for at most `timeoutMs`. */
async function diagnose(checks: PageParts['checks'], timeoutMs: number): Promise<DiagnosticCheck[]> {
  return Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const limit = new AbortController();
      const timeout = sleep(timeoutMs, undefined, { signal: limit.signal }).then(() => {
        throw new Error(`no answer within ${timeoutMs} ms`);
      });
      timeout.catch(() => undefined); // ended below
      try {
        await Promise.race([check(), timeout]);
        return { name, success: true, mandatory: true, resource: name };
      } catch (error) {
        return {
          name,
          success: false,
          mandatory: true,
          resource: name,
          message: asHeavisideError(error).message,
        };
      } finally {
        limit.abort();
      }
    }),
  );
}

/** Opens the HTTP server, and a second one where the jmx_* keys name an address. */
export async function openPages(parts: PageParts): Promise<HttpServer[]> {
  const { config, state, metrics, log } = parts;
  const { http } = config;
  const providers = {
    metrics: { contentType: metrics.contentType, render: () => metrics.render() },
    health: health(state),
    status: async () => statusPage(state, config, await lookAround(parts.redis)),
    history: () => historyPage(parts.history),
    ...(http.hasDiagnostic ? { diagnostic: () => diagnose(parts.checks, http.diagnosticTimeoutMs) } : {}),
    ...(http.hasConfig ? { config: () => describeConfig(config) } : {}),
  };
  const addresses = [
    ...(http.isEnabled
      ? [{ bindAddress: http.bindAddress, port: http.port, pathPrefix: http.pathPrefix }]
      : []),
    ...(config.metrics.page
      ? [{ bindAddress: config.metrics.page.host, port: config.metrics.page.port, pathPrefix: '/' }]
      : []),
  ];
  const servers: HttpServer[] = [];
  for (const address of addresses) {
    const server = await HttpServer.listen({ ...address, log }, providers);
    servers.push(server);
    log.info({ port: server.port }, 'serving metrics, health and status');
  }
  return servers;
}
