import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Broker {
  readonly host: string;
  readonly port: number;
}

/** Bytes of a frame's length (the protocol's requests and responses alike). */
const LENGTH_BYTES = 4;

/**
 * One replica's own way to a broker. The broker tells its clients its own address (Metadata, FindCoordinator), which would
 * lead them past any proxy: in what it answers its port is replaced by this one's, which leaves every length as it was.
 */
export class KafkaDetour {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: 'open' | 'cut' | 'silent' = 'open';

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async open(broker: Broker): Promise<KafkaDetour> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const detour = new KafkaDetour(server);
    server.on('connection', (near) => detour.#relay(near, broker));
    return detour;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Every connection breaks, and so does every new one. */
  cut(): void {
    this.#state = 'cut';
    this.#breakAll();
  }

  /** Nothing comes through any more, and nothing is closed: as behind a firewall that drops packets. */
  silence(): void {
    this.#state = 'silent';
    for (const socket of this.#sockets) socket.pause();
  }

  /** New connections come through; those that were silent break. */
  restore(): void {
    this.#breakAll();
    this.#state = 'open';
  }

  async close(): Promise<void> {
    this.#breakAll();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #relay(near: Socket, broker: Broker): void {
    this.#track(near);
    if (this.#state === 'cut') return void near.destroy();
    if (this.#state === 'silent') return void near.pause();
    const far = connect(broker.port, broker.host);
    this.#track(far);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.on('data', (bytes) => far.write(bytes));
    let waiting = Buffer.alloc(0);
    const [own, shown] = [addressBytes(broker), addressBytes({ host: broker.host, port: this.port })];
    far.on('data', (bytes) => {
      waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
      while (waiting.length >= LENGTH_BYTES) {
        const end = LENGTH_BYTES + waiting.readInt32BE(0);
        if (waiting.length < end) return;
        const frame = waiting.subarray(0, end);
        for (let at = frame.indexOf(own); at >= 0; at = frame.indexOf(own, at)) shown.copy(frame, at);
        near.write(frame);
        waiting = waiting.subarray(end);
      }
    });
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined); // the close that follows ends the other side
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** A host (without its length, whose form the versions differ in) and an INT32 port, as responses carry them. */
function addressBytes({ host, port }: Broker): Buffer {
  const bytes = Buffer.alloc(host.length + 4);
  bytes.write(host, 'latin1');
  bytes.writeInt32BE(port, host.length);
  return bytes;
}
