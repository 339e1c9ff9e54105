import type { Verdict } from './health.ts';
import { statusDocument } from './status-document.ts';

/** One result of the diagnostic page, as Maxwell names its fields. */
export interface DiagnosticCheck {
  readonly name: string;
  readonly success: boolean;
  /** Whether its failure fails the whole. */
  readonly mandatory: boolean;
  readonly resource: string;
  readonly message?: string;
}

/** Where the pages get what they show; a page whose provider is missing does not exist. */
export interface PageProviders {
  /** The metrics in Prometheus's text format. */
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  readonly health: { live(): Verdict; ready(): Verdict };
  /** A plain object for JSON. */
  readonly status: () => object | Promise<object>;
  /** The last minutes of the stream, for JSON. */
  readonly history: () => object;
  /** The configuration with its secrets masked (option http_config). */
  readonly config?: () => object;
  /** Checks run for this request (option http_diagnostic). */
  readonly diagnostic?: () => Promise<readonly DiagnosticCheck[]>;
}

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Headers beside those that every page has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A page by its path below the prefix. */
export type Pages = ReadonlyMap<string, () => Page | Promise<Page>>;

export function json(status: number, value: object): Page {
  const body = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? item.toString() : item,
  );
  return { status, contentType: 'application/json; charset=utf-8', body: `${body}\n` };
}

const text = (status: number, body: string, contentType = 'text/plain; charset=utf-8'): Page => ({
  status,
  contentType,
  body,
});

const verdictPage = ({ ok, reason }: Verdict): Page => json(ok ? 200 : 503, { ok, reason });

/** Maxwell's answer: 200; 503 where a mandatory check failed; 299 where another one did. */
function diagnosticPage(checks: readonly DiagnosticCheck[]): Page {
  const failed = checks.filter(({ success }) => !success);
  const status = failed.length === 0 ? 200 : failed.some(({ mandatory }) => mandatory) ? 503 : 299;
  return json(status, { success: failed.length === 0, checks });
}

/** The answer to what is neither GET nor HEAD; in Maxwell's form where Maxwell takes a change. */
export function refusedMethod(path: string): Page {
  if (path !== '/config') return json(405, { error: 'only GET and HEAD are answered' });
  const message =
    'the configuration is read-only: change it where the replicas are started from, and restart them one by one';
  return json(405, { error: { code: 'READ_ONLY', message } });
}

/** All pages; `prefix` is '' or starts with a slash and ends without one. */
export function buildPages(providers: PageProviders, prefix: string): Pages {
  const { metrics, health, status, history, config, diagnostic } = providers;
  const metricsPage = async (): Promise<Page> => text(200, await metrics.render(), metrics.contentType);
  const pages = new Map<string, () => Page | Promise<Page>>([
    ['/metrics', metricsPage],
    ['/prometheus', metricsPage],
    ['/livez', () => verdictPage(health.live())],
    ['/readyz', () => verdictPage(health.ready())],
    ['/status', async () => json(200, await status())],
    ['/history', () => json(200, history())],
    ['/ping', () => text(200, 'pong\n')],
    [
      '/healthcheck',
      () => {
        const { ok, reason } = health.ready();
        return json(ok ? 200 : 500, { MaxwellHealth: { healthy: ok, message: reason } });
      },
    ],
  ]);
  if (diagnostic !== undefined) pages.set('/diagnostic', async () => diagnosticPage(await diagnostic()));
  if (config !== undefined) pages.set('/config', () => json(200, config()));
  const { html, headers } = statusDocument([...pages.keys()].map((path) => prefix + path));
  pages.set('/', () => ({ ...text(200, html, 'text/html; charset=utf-8'), headers }));
  return pages;
}
