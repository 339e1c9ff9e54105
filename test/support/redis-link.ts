import { TcpProxy } from './tcp-proxy.ts';

/** One replica's own way to a Redis, which can be cut without touching the others'. */
export class RedisLink {
  readonly url: string;
  readonly #proxy: TcpProxy;
  #closing: Promise<void> | null = null;

  private constructor(url: string, proxy: TcpProxy) {
    this.url = url;
    this.#proxy = proxy;
  }

  static async open(url: string): Promise<RedisLink> {
    const target = new URL(url);
    const proxy = await TcpProxy.open(
      { host: target.hostname, port: Number(target.port) },
      () => 'relay' as const,
    );
    target.port = String(proxy.port);
    return new RedisLink(target.href.replace(/\/$/, ''), proxy);
  }

  /** Connections break, new ones are refused; for good. */
  cut(): Promise<void> {
    this.#closing ??= this.#proxy.close();
    return this.#closing;
  }
}
