import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { HeavisideError } from '../errors.ts';
import type { Log } from '../observability/log.ts';
import { buildPages, json, refusedMethod, type Page, type PageProviders, type Pages } from './http-pages.ts';

export interface HttpServerOptions {
  /** Option http_bind_address; null: every address. */
  readonly bindAddress: string | null;
  /** Option http_port; 0 takes a free one. Default 8080. */
  readonly port?: number;
  /** Option http_path_prefix. Default '/'. */
  readonly pathPrefix?: string;
  readonly log: Log;
}

/** A request that is not read to its end by then is cut off, milliseconds. */
const requestTimeoutMs = 10_000;

/** The pages for operators, probes and Prometheus: GET and HEAD only. */
export class HttpServer {
  readonly #server: Server;
  readonly #pages: Pages;
  readonly #prefix: string;
  readonly #log: Log;
  #closing: Promise<void> | null = null;

  private constructor(options: HttpServerOptions, providers: PageProviders) {
    const trimmed = (options.pathPrefix ?? '/').replace(/^\/+|\/+$/g, '');
    this.#prefix = trimmed === '' ? '' : `/${trimmed}`;
    this.#pages = buildPages(providers, this.#prefix);
    this.#log = options.log;
    this.#server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
      void this.#answer(request, response);
    });
  }

  /**
   * Resolves when it listens.
   * @throws HeavisideError HTTP_ADDRESS_UNUSABLE where address or port cannot be had
   */
  static async listen(options: HttpServerOptions, providers: PageProviders): Promise<HttpServer> {
    const http = new HttpServer(options, providers);
    const { bindAddress, port = 8080 } = options;
    await new Promise<void>((resolve, reject) => {
      http.#server.once('error', (cause) => {
        const address = `${bindAddress ?? '*'}:${port}`;
        reject(
          new HeavisideError('HTTP_ADDRESS_UNUSABLE', `cannot listen on ${address}: ${cause.message}`, {
            cause,
          }),
        );
      });
      http.#server.listen({ port, ...(bindAddress === null ? {} : { host: bindAddress }) }, resolve);
    });
    http.#server.removeAllListeners('error');
    http.#server.on('error', (error) => http.#log.error({ error }, 'http server failed'));
    return http;
  }

  /** The port it listens on. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Stops listening and ends every socket. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closing;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume(); // a body is of no interest
    const isHead = request.method === 'HEAD';
    if (request.method !== 'GET' && !isHead) {
      response.setHeader('allow', 'GET, HEAD');
      const path = this.#pathOf(request.url ?? '/') ?? '';
      send(response, refusedMethod(this.#pages.has(path) ? path : ''), isHead);
      return;
    }
    const page = this.#pages.get(this.#pathOf(request.url ?? '/') ?? '');
    if (page === undefined) {
      send(response, json(404, { error: 'no such page' }), isHead);
      return;
    }
    try {
      send(response, await page(), isHead);
    } catch (error) {
      this.#log.error({ error, path: request.url }, 'a page could not be built');
      send(response, json(500, { error: 'the page could not be built; the log says why' }), isHead);
    }
  }

  /** The path below the prefix, without query and trailing slash; null outside of the prefix. */
  #pathOf(url: string): string | null {
    const path = (url.split('?', 1)[0] ?? '').replace(/\/+$/, '');
    if (path !== this.#prefix && !path.startsWith(`${this.#prefix}/`)) return null;
    return path.slice(this.#prefix.length) || '/';
  }
}

function send(response: ServerResponse, page: Page, isHead: boolean): void {
  if (response.destroyed) return;
  response.writeHead(page.status, {
    'content-type': page.contentType,
    'content-length': Buffer.byteLength(page.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...page.headers,
  });
  response.end(isHead ? undefined : page.body);
}
