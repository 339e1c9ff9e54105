import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What becomes of bytes from the client: relayed; never delivered (cut); or delivered, and cut before the answer. */
export type ProxyVerdict = 'relay' | 'cut' | 'cut-answer';

/** A TCP relay on 127.0.0.1 that breaks connections at the moment a test wants. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Relays to the target from a free port; `judge` sees everything that clients send. */
  static async open(
    target: { readonly host: string; readonly port: number },
    judge: (bytes: Buffer) => ProxyVerdict,
  ): Promise<TcpProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const upstream = connect({ host: target.host, port: target.port });
      let isAnswerCut = false;
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket);
        socket.on('error', () => undefined); // the close that follows ends the other side
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      }
      client.on('data', (bytes) => {
        const verdict = judge(bytes);
        if (verdict === 'cut') return client.destroy();
        isAnswerCut ||= verdict === 'cut-answer';
        return upstream.write(bytes);
      });
      upstream.on('data', (bytes) => (isAnswerCut ? client.destroy() : client.write(bytes)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, sockets);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
