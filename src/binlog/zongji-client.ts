import ZongJi from '@vlasky/zongji';
import { HeavisideError } from '../errors.ts';
import type { Position } from '../model/position.ts';
import type { DriverConnection } from './mysql-client.ts';
import { dumpError } from './source-error.ts';

export interface DumpOptions {
  readonly connection: DriverConnection;
  /** Server id that the dump announces; the server ends an earlier dump of the same id. */
  readonly replicaServerId: number;
  readonly from: Position;
  /** Whether MariaDB should send the text of statements. */
  readonly wantsQueryText: boolean;
  /**
   * Takes an event `buffer[start, end)`, whose memory is valid until it returns, or until the returned promise settles:
   * the dump is paused for so long.
   */
  readonly onEvent: (buffer: Buffer, start: number, end: number) => void | Promise<void>;
  /** Called once; the dump is closed then. */
  readonly onError: (error: HeavisideError) => void;
}

/** The parts of the driver's packet that are read. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  asError(encoding: string): Error;
}

type PacketHandler = (packet: Packet | undefined, connection: unknown) => PacketHandler | null;

/** The parts of zongji that its types leave out. */
interface ZongJiParts {
  BinlogClass: new (callback: unknown) => { start: PacketHandler; onResult?: (error: Error) => void };
  connection: unknown;
  ctrlConnection: unknown;
  ctrlConnectionOwner: boolean;
}

const MARKER_EVENT = 0x00;
const MARKER_EOF = 0xfe;
const MARKER_ERROR = 0xff;

/** Reads one binlog dump: the connection, the flow control, and the raw packets. */
export class Dump {
  readonly #options: DumpOptions;
  readonly #holds = new Set<string>();
  #isClosed = false;
  #lastPacketAt = performance.now();

  private constructor(options: DumpOptions) {
    this.#options = options;
  }

  /** Sends the dump request on a connection that is ready for it; errors go to `onError`. */
  static open(options: DumpOptions): Dump {
    const dump = new Dump(options);
    dump.#start();
    return dump;
  }

  /** performance.now() when the last packet came, or the dump went on after a pause. */
  get lastPacketAt(): number {
    return this.#lastPacketAt;
  }

  /** Bytes that the connection has brought so far, those of an event that is still coming among them. */
  get receivedBytes(): number {
    return this.#options.connection.socket.bytesRead;
  }

  get isPaused(): boolean {
    return this.#holds.size > 0;
  }

  /** Stops reading from the socket until every reason is lifted. */
  hold(reason: string): void {
    if (this.#isClosed) return;
    this.#holds.add(reason);
    this.#options.connection.driver.pause();
  }

  lift(reason: string): void {
    if (!this.#holds.delete(reason) || this.#holds.size > 0 || this.#isClosed) return;
    this.#lastPacketAt = performance.now();
    this.#options.connection.driver.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#options.connection.destroy();
  }

  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.onError(dumpError(error));
  }

  #start(): void {
    const { connection, from, replicaServerId, wantsQueryText } = this.#options;
    const { driver, socket } = connection;
    const fail = (error: unknown): void => this.#fail(error);
    driver.on('error', fail);
    socket.once('close', () =>
      fail(new HeavisideError('SOURCE_LOST', 'the source closed the connection of the dump')),
    );
    const zongji = new ZongJi({});
    const parts = zongji as unknown as ZongJiParts;
    // One connection for both of its uses: what it asks comes before the dump, and nothing idles beside it.
    parts.connection = driver;
    parts.ctrlConnection = driver;
    parts.ctrlConnectionOwner = false;
    zongji.on('error', fail);
    zongji.on('ready', () => {
      parts.BinlogClass = this.#rawBinlogClass(parts.BinlogClass);
    });
    const place =
      from.gtids !== null
        ? { gtidSet: from.gtids.toString() }
        : { filename: from.coordinates?.file ?? '', position: from.coordinates?.offset ?? 4 };
    zongji.start({ serverId: replicaServerId, requestAnnotateRows: wantsQueryText, ...place });
  }

  /** zongji's dump command, with every packet handed over as bytes instead of being parsed. */
  #rawBinlogClass(base: ZongJiParts['BinlogClass']): ZongJiParts['BinlogClass'] {
    const handle = (packet: Packet | undefined): PacketHandler | null =>
      this.#packet(packet) ? handle : null;
    const fail = (error: unknown): void => this.#fail(error);
    return class extends base {
      override onResult = fail;
      override start = (packet: Packet | undefined, connection: unknown): PacketHandler => {
        super.start(packet, connection);
        return handle;
      };
    };
  }

  /** False at the end of the stream. */
  #packet(packet: Packet | undefined): boolean {
    if (packet === undefined || this.#isClosed) return false;
    this.#lastPacketAt = performance.now();
    const marker = packet.buffer[packet.offset];
    try {
      if (marker === MARKER_EVENT) {
        const pending = this.#options.onEvent(packet.buffer, packet.offset + 1, packet.end);
        if (pending !== undefined) this.#wait(pending);
        return true;
      }
      if (marker === MARKER_ERROR) throw packet.asError('utf8');
      throw new HeavisideError(
        'SOURCE_LOST',
        marker === MARKER_EOF
          ? 'the source ended the binlog stream'
          : 'the source sent a packet that is no event',
      );
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #wait(pending: Promise<void>): void {
    this.hold('event');
    pending.then(
      () => this.lift('event'),
      (error: unknown) => this.#fail(error),
    );
  }
}
