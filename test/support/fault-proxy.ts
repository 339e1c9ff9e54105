import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** The way of the bytes: from the client to the server, or back. */
export type Direction = 'to-server' | 'to-client';

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

/**
 * A TCP relay on 127.0.0.1 that can be made to behave as a bad network does. What is held is not lost: it arrives when
 * the link is healed, as TCP would deliver it, unless the connection was ended meanwhile.
 */
export class FaultProxy {
  readonly port: number;
  /** Bytes that were relayed one at a time. */
  slices = 0;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  readonly #held = new Set<Direction>();
  #stalled = new WeakSet<Pair>();
  /** Sockets whose last bytes are still on their way one at a time: what follows must not overtake them. */
  readonly #pumped = new WeakSet<Socket>();
  #isTrickling = false;
  #isCut = false;
  #target: { readonly host: string; readonly port: number };

  private constructor(server: Server, target: { readonly host: string; readonly port: number }) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (near) => this.#relay(near));
  }

  /** Relays to the target from `port` (0: a free one). Rejects where the port is taken. */
  static async open(target: { readonly host: string; readonly port: number }, port = 0): Promise<FaultProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new FaultProxy(server, target);
  }

  /** Ports by which the server sees the connections, oldest first. */
  get serverSidePorts(): readonly number[] {
    return [...this.#pairs].flatMap(({ far }) => far.localPort ?? []);
  }

  /** The next connections go there. */
  aim(target: { readonly host: string; readonly port: number }): void {
    this.#target = target;
  }

  /** Nothing comes through in these directions (default: both), and nothing is closed: a network that drops packets. */
  hold(...directions: readonly Direction[]): void {
    for (const each of directions.length === 0 ? (['to-server', 'to-client'] as const) : directions)
      this.#held.add(each);
    for (const pair of this.#pairs) this.#apply(pair);
  }

  /** Nothing comes through the connections that there are, and nothing is closed: a half-open link. New ones are well. */
  stall(): void {
    for (const pair of this.#pairs) {
      this.#stalled.add(pair);
      this.#apply(pair);
    }
  }

  /** Relays one byte at a time. */
  trickle(): void {
    this.#isTrickling = true;
  }

  /** Ends every connection with a RST, on both sides. */
  reset(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Ends every connection, and every new one at once. */
  cut(): void {
    this.#isCut = true;
    this.reset();
  }

  /** A good network again; what was held arrives. */
  heal(): void {
    this.#isCut = false;
    this.#held.clear();
    this.#stalled = new WeakSet();
    this.#isTrickling = false;
    for (const pair of this.#pairs) this.#apply(pair);
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #isHeld(pair: Pair, direction: Direction): boolean {
    return this.#held.has(direction) || this.#stalled.has(pair);
  }

  #apply(pair: Pair): void {
    const { near, far } = pair;
    for (const [from, to, direction] of [
      [near, far, 'to-server'],
      [far, near, 'to-client'],
    ] as const) {
      if (this.#isHeld(pair, direction) || this.#pumped.has(from)) from.pause();
      else if (!to.writableNeedDrain) from.resume();
    }
  }

  #relay(near: Socket): void {
    if (this.#isCut) return void near.resetAndDestroy();
    const far = connect(this.#target.port, this.#target.host);
    const pair = { near, far };
    this.#pairs.add(pair);
    for (const [from, to, direction] of [
      [near, far, 'to-server'],
      [far, near, 'to-client'],
    ] as const) {
      from.setNoDelay(true);
      from.on('data', (bytes) => {
        if (this.#isTrickling) void this.#pump(bytes, from, to).then(() => this.#apply(pair));
        else if (!to.write(bytes)) from.pause();
      });
      to.on('drain', () => {
        if (!this.#isHeld(pair, direction) && !this.#pumped.has(from)) from.resume();
      });
      from.on('error', () => undefined); // the close that follows ends the other side
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
    }
    this.#apply(pair);
  }

  async #pump(bytes: Buffer, from: Socket, to: Socket): Promise<void> {
    this.#pumped.add(from);
    from.pause();
    for (let at = 0; at < bytes.length && !to.destroyed; at++) {
      if (!this.#isTrickling) {
        to.write(bytes.subarray(at)); // healed half-way: the rest at once
        break;
      }
      to.write(bytes.subarray(at, at + 1));
      this.slices += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#pumped.delete(from);
  }
}
