import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP relay on 127.0.0.1 that can stop relaying without closing anything, as a half-open link does. */
export class FreezableProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #pairs: (readonly [near: Socket, far: Socket])[];

  private constructor(server: Server, pairs: (readonly [Socket, Socket])[]) {
    this.#server = server;
    this.#pairs = pairs;
    this.port = (server.address() as AddressInfo).port;
  }

  static async open(target: { readonly host: string; readonly port: number }): Promise<FreezableProxy> {
    const pairs: (readonly [Socket, Socket])[] = [];
    const server = createServer((near) => {
      const far = connect(target.port, target.host);
      pairs.push([near, far]);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        from.on('data', (bytes) => to.write(bytes));
        from.on('error', () => undefined);
        from.on('close', () => to.destroy());
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new FreezableProxy(server, pairs);
  }

  /** Ports by which the server sees the connections, oldest first. */
  get serverSidePorts(): readonly number[] {
    return this.#pairs.flatMap(([, far]) => far.localPort ?? []);
  }

  freeze(): void {
    for (const socket of this.#pairs.flat()) socket.pause();
  }

  async close(): Promise<void> {
    for (const socket of this.#pairs.flat()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
