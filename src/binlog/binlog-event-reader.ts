import { asHeavisideError, HeavisideError } from '../errors.ts';
import type { BinlogCoordinates } from '../model/position.ts';
import {
  EVENT_HEADER_BYTES,
  FLAG_ARTIFICIAL,
  FLAG_IGNORABLE,
  readEventHeader,
  type EventHeader,
} from './event-header.ts';
import { EventChecksum } from './event-checksum.ts';
import { eventType } from './event-type.ts';
import { readFormatDescription, readHeartbeat, readHeartbeatV2, readRotate } from './file-events.ts';
import { readMariadbGtid, readMysqlGtid, readTaggedGtid } from './gtid-event.ts';
import { readQuery } from './query-event.ts';
import { readRows, rowsLayout } from './rows-event.ts';
import type { TableRegistry } from './table-registry.ts';
import type { EventPlace, TransactionAssembler } from './transaction-assembler.ts';
import {
  EventCutter,
  inflatePayload,
  inflatePayloadSlices,
  readTransactionPayload,
} from './transaction-payload-event.ts';
import { readXaPrepare } from './xid.ts';

export interface BinlogEventReaderOptions {
  readonly assembler: TransactionAssembler;
  readonly tables: TableRegistry;
  /** Whether the text of statements (ROWS_QUERY, ANNOTATE_ROWS) is kept with their rows. */
  readonly keepsQueryText: boolean;
}

interface Event {
  readonly header: EventHeader;
  readonly body: Buffer;
  readonly place: EventPlace;
}

/** Payloads up to this many inflated bytes are inflated at once, without a pause of the stream. */
const SMALL_PAYLOAD_BYTES = 1024 * 1024;
const WRAP = 2 ** 32;
/** MySQL's marker of a rows event without a table. */
const DUMMY_TABLE_ID = 0xff_ffff;

const IGNORED: ReadonlySet<number> = new Set([
  eventType.INTVAR,
  eventType.RAND,
  eventType.USER_VAR,
  eventType.IGNORABLE,
  eventType.PREVIOUS_GTIDS,
  eventType.TRANSACTION_CONTEXT,
  eventType.VIEW_CHANGE,
  eventType.MARIADB_BINLOG_CHECKPOINT,
  eventType.MARIADB_GTID_LIST,
]);

const unsupported = (what: string): HeavisideError => new HeavisideError('BINLOG_EVENT_UNSUPPORTED', what);

function reasonOf(type: number): string {
  switch (type) {
    case eventType.BEGIN_LOAD_QUERY:
    case eventType.EXECUTE_LOAD_QUERY:
      return 'LOAD DATA was logged as a statement: SET GLOBAL binlog_format=ROW on the source';
    case eventType.MARIADB_START_ENCRYPTION:
      return 'the source sends its binlog encrypted';
    default:
      return `events of type ${type} are not known`;
  }
}

/** Reads raw events one after the other: follows checksums, files and offsets, and hands what they say to the assembler. */
export class BinlogEventReader {
  readonly #options: BinlogEventReaderOptions;
  readonly #checksum = new EventChecksum();
  #file = '';
  #offset = 0;
  #fileCreatedAt: number | null = null;
  #lastTimestamp: number | null = null;
  #query: string | null = null;
  #isInStream = false;

  constructor(options: BinlogEventReaderOptions) {
    this.#options = options;
  }

  /** Where the next event starts. */
  get coordinates(): BinlogCoordinates {
    return { file: this.#file, offset: this.#offset };
  }

  /** Header timestamp of the last event that was written by a session, seconds since 1970. */
  get lastTimestampSeconds(): number | null {
    return this.#lastTimestamp;
  }

  /** When the file that is read was opened, seconds since 1970, of its FORMAT_DESCRIPTION event. */
  get fileCreatedAt(): number | null {
    return this.#fileCreatedAt;
  }

  /** Whether the FORMAT_DESCRIPTION event was read: the dump is open. */
  get isInStream(): boolean {
    return this.#isInStream;
  }

  /**
   * Takes the event `buffer[start, end)`; the memory is not used after the call, or after the promise where one is returned:
   * then no further event may be given until it settles.
   * @throws HeavisideError, naming the place of the event
   */
  read(buffer: Buffer, start: number, end: number): void | Promise<void> {
    const header = readEventHeader(buffer, start, end);
    try {
      const pending = this.#take({
        header,
        body: this.#checksum.bodyOf(buffer, header, start, end),
        place: this.#advance(header),
      });
      return pending?.catch((error: unknown) => {
        throw this.#locate(error, header);
      });
    } catch (error) {
      throw this.#locate(error, header);
    }
  }

  #locate(error: unknown, header: EventHeader): HeavisideError {
    const known = asHeavisideError(error, 'BINLOG_EVENT_UNSUPPORTED');
    const place = `event of type ${header.type} that ends at ${this.#file}:${this.#offset}`;
    return new HeavisideError(known.code, `${known.message} (${place})`, { cause: error });
  }

  #advance({ nextOffset, eventBytes, flags, type, timestampSeconds }: EventHeader): EventPlace {
    const file = this.#file;
    const isMadeUp =
      (flags & FLAG_ARTIFICIAL) !== 0 || type === eventType.HEARTBEAT || type === eventType.HEARTBEAT_V2;
    const isFileEvent = type === eventType.FORMAT_DESCRIPTION || type === eventType.ROTATE;
    if (isMadeUp || (isFileEvent && nextOffset === 0))
      return { file, startOffset: this.#offset, endOffset: this.#offset };
    if (!isFileEvent && timestampSeconds > 0) this.#lastTimestamp = timestampSeconds;
    // MariaDB leaves the offset out within a transaction: counted then. Beyond 4 GiB the header's wraps.
    const endOffset = nextOffset === 0 ? this.#offset + eventBytes : this.#unwrap(nextOffset);
    this.#offset = endOffset;
    return { file, startOffset: endOffset - eventBytes, endOffset };
  }

  #unwrap(nextOffset: number): number {
    const base = this.#offset - (this.#offset % WRAP);
    return base + nextOffset < this.#offset - WRAP / 2 ? base + WRAP + nextOffset : base + nextOffset;
  }

  #take(event: Event): void | Promise<void> {
    const { header, body } = event;
    const { tables, assembler } = this.#options;
    if (rowsLayout(header.type) !== undefined) return this.#rows(event);
    switch (header.type) {
      case eventType.TABLE_MAP:
        return assembler.keepsRows ? tables.register(body) : undefined;
      case eventType.GTID:
      case eventType.ANONYMOUS_GTID:
      case eventType.GTID_TAGGED:
      case eventType.MARIADB_GTID:
        return this.#gtid(event);
      case eventType.QUERY:
        return this.#statement(event, false);
      case eventType.MARIADB_QUERY_COMPRESSED:
        return this.#statement(event, true);
      case eventType.XID:
        return assembler.xid(body.readBigUInt64LE(0), header, event.place);
      case eventType.TRANSACTION_PAYLOAD:
        return this.#payload(event);
      case eventType.XA_PREPARE:
        return assembler.xaPrepare(readXaPrepare(body), header, event.place);
      default:
        return this.#other(event);
    }
  }

  #gtid({ header, body, place }: Event): void {
    this.#query = null;
    const { type, serverId } = header;
    const { assembler } = this.#options;
    if (type === eventType.MARIADB_GTID) assembler.gtid(readMariadbGtid(body, serverId), header, place);
    else if (type === eventType.GTID_TAGGED) assembler.gtid(readTaggedGtid(body), header, place);
    else assembler.gtid(readMysqlGtid(body, type === eventType.ANONYMOUS_GTID), header, place);
  }

  #statement({ header, body, place }: Event, isCompressed: boolean): void | Promise<void> {
    return this.#options.assembler.query(readQuery(body, isCompressed), header, place);
  }

  #rows({ header, body, place }: Event): void | Promise<void> {
    const layout = rowsLayout(header.type);
    if (layout === undefined) return undefined;
    const { assembler, tables } = this.#options;
    const parsed = readRows(body, layout);
    if (parsed.tableId === DUMMY_TABLE_ID && parsed.rows.length === 0) return undefined;
    assembler.count(parsed.rows);
    if (!assembler.keepsRows) return undefined;
    const table = tables.get(parsed.tableId)?.version;
    if (table === undefined)
      throw new HeavisideError('SOURCE_CHANGED', 'rows came without the description of their table');
    if (table.columns.length !== parsed.columnCount)
      throw unsupported('rows have another number of columns than their table');
    // Copies: the packet's memory is used again for the next one.
    return assembler.rows({
      table,
      operation: layout.operation,
      timestampSeconds: header.timestampSeconds,
      startOffset: place.startOffset,
      file: place.file,
      columnsBefore: Buffer.from(parsed.columnsBefore),
      columnsAfter: Buffer.from(parsed.columnsAfter),
      rows: layout.isCompressed ? parsed.rows : Buffer.from(parsed.rows),
      query: this.#query,
      ...(layout.isPartialJson ? { isPartialJson: true } : {}),
    });
  }

  #payload({ header, body, place }: Event): void | Promise<void> {
    const payload = readTransactionPayload(body);
    const cutter = new EventCutter();
    if (payload.inflatedBytes > SMALL_PAYLOAD_BYTES)
      return this.#largePayload(inflatePayloadSlices(payload), cutter, place);
    const events = [...cutter.push(inflatePayload(payload))];
    cutter.end();
    return this.#takeAll(events.values(), place, header);
  }

  /** Runs without a promise as long as no event needs one. */
  #takeAll(events: Iterator<Buffer>, place: EventPlace, outer: EventHeader): void | Promise<void> {
    for (let next = events.next(); next.done !== true; next = events.next()) {
      const pending = this.#inner(next.value, place);
      if (pending !== undefined) return pending.then(() => this.#takeAll(events, place, outer));
    }
    return undefined;
  }

  async #largePayload(slices: Iterable<Buffer>, cutter: EventCutter, place: EventPlace): Promise<void> {
    for (const slice of slices) {
      for (const event of cutter.push(slice)) await this.#inner(event, place);
    }
    cutter.end();
  }

  /** An event inside a payload: no checksum, no offset of its own. */
  #inner(bytes: Buffer, place: EventPlace): void | Promise<void> {
    const header = readEventHeader(bytes, 0, bytes.length);
    return this.#take({ header, body: bytes.subarray(EVENT_HEADER_BYTES), place });
  }

  #other({ header, body }: Event): void {
    const { type, flags, nextOffset } = header;
    if (type === eventType.ROTATE) {
      const { file, offset } = readRotate(body);
      this.#moveTo(file, offset);
      this.#options.assembler.drop();
    } else if (type === eventType.FORMAT_DESCRIPTION) {
      this.#checksum.follow(readFormatDescription(body).hasChecksums);
      this.#fileCreatedAt = header.timestampSeconds;
      this.#isInStream = true;
      this.#options.assembler.drop();
    } else if (type === eventType.STOP) {
      this.#options.assembler.drop();
    } else if (type === eventType.HEARTBEAT || type === eventType.HEARTBEAT_V2) {
      const { file, offset } =
        type === eventType.HEARTBEAT ? readHeartbeat(body, nextOffset) : readHeartbeatV2(body);
      if (file === this.#file && type === eventType.HEARTBEAT)
        this.#offset = Math.max(this.#offset, this.#unwrap(offset));
      else this.#moveTo(file, offset);
    } else if (type === eventType.ROWS_QUERY || type === eventType.MARIADB_ANNOTATE_ROWS) {
      if (this.#options.keepsQueryText)
        this.#query = body.toString('utf8', type === eventType.ROWS_QUERY ? 1 : 0);
    } else if (type === eventType.INCIDENT) {
      const text = body.length > 3 ? body.toString('utf8', 3) : '';
      throw new HeavisideError(
        'BINLOG_INCIDENT',
        `the source logged incident ${body.readUInt16LE(0)}: ${text}`,
      );
    } else if (!IGNORED.has(type) && (flags & FLAG_IGNORABLE) === 0) {
      throw unsupported(reasonOf(type));
    }
  }

  #moveTo(file: string, offset: number): void {
    if (file !== '') this.#file = file;
    this.#offset = offset;
  }
}
