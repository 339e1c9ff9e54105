import { ByteReader } from './byte-reader.ts';
import { ByteSink } from '../model/byte-sink.ts';
import type { TableVersion } from '../model/table.ts';
import type { RowOperation, RowsEvent } from '../model/transaction.ts';
import { SpillFile } from './spill-file.ts';

export interface RowStoreOptions {
  /** Bytes of row images in memory beyond which a transaction goes to disk. */
  readonly spillThresholdBytes: number;
  readonly spillDirectory: string;
  /** Bytes that go to the spill file. */
  readonly onSpill?: (bytes: number) => void;
}

/** Rows given out at once, and written at once: about a mebibyte. */
const GROUP_BYTES = 1024 * 1024;
/** What an event costs beside its bytes. */
const EVENT_OVERHEAD_BYTES = 400;
const QUERY_ABSENT = 0;
const QUERY_REPEATED = 1;
const QUERY_FOLLOWS = 2;
/** Flag beside the operation. */
const PARTIAL_JSON = 0x80;
const OPERATIONS: readonly RowOperation[] = ['insert', 'update', 'delete'];

const memoryOf = (event: RowsEvent): number =>
  event.rows.length + (event.query?.length ?? 0) * 2 + EVENT_OVERHEAD_BYTES;

/** The rows events of one transaction in order: in memory while they are few, on disk beyond a threshold. */
export class RowStore {
  readonly #options: RowStoreOptions;
  #memory: RowsEvent[] = [];
  #memoryBytes = 0;
  #eventCount = 0;
  #file: SpillFile | null = null;
  #block: ByteSink | null = null;
  /** What spilled events refer to by index. */
  readonly #tables: TableVersion[] = [];
  /** Events that were rolled back to a savepoint, as ranges of their numbers. */
  readonly #undone: { readonly from: number; readonly to: number }[] = [];
  /** A transaction never spans two files. */
  #binlogFile = '';
  /** Statement of the event written last into the block at hand. */
  #lastQuery: string | null = null;

  constructor(options: RowStoreOptions) {
    this.#options = options;
  }

  /** Events that were added, undone ones included. */
  get eventCount(): number {
    return this.#eventCount;
  }

  get hasEvents(): boolean {
    const undone = this.#undone.at(-1);
    return this.#eventCount > 0 && !(undone?.from === 0 && undone.to === this.#eventCount);
  }

  /** Leaves the events from number `from` on out, as if they had not been added. */
  undoFrom(from: number): void {
    if (from >= this.#eventCount) return;
    let first = from;
    for (let last = this.#undone.at(-1); last !== undefined && last.to >= first; last = this.#undone.at(-1)) {
      first = Math.min(first, last.from);
      this.#undone.pop();
    }
    this.#undone.push({ from: first, to: this.#eventCount });
  }

  /** Bytes held in memory. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** Adds an event whose buffers are not used again. Returns a promise where it is being written: add no more until it settles. */
  add(event: RowsEvent): void | Promise<void> {
    this.#eventCount++;
    if (this.#file !== null) {
      this.#write(event);
      return this.#flush(GROUP_BYTES);
    }
    this.#memory.push(event);
    this.#memoryBytes += memoryOf(event);
    return this.#memoryBytes > this.#options.spillThresholdBytes ? this.#spill() : undefined;
  }

  /** Writes what is left; to be called once behind the last `add`. */
  finish(): void | Promise<void> {
    if (this.#file === null) return undefined;
    const written = this.#flush(1);
    if (written !== undefined) return written.then(() => this.#releaseBlock());
    this.#releaseBlock();
    return undefined;
  }

  get isOnDisk(): boolean {
    return this.#file !== null;
  }

  /** Moves what is in memory to disk; to be called behind `finish`. */
  async spill(): Promise<void> {
    if (this.#file !== null) return;
    await this.#spill();
    await this.finish();
  }

  /** The events in groups of about a mebibyte; callable again. */
  async *groups(): AsyncGenerator<readonly RowsEvent[]> {
    let first = 0;
    for await (const group of this.#file === null ? this.#memoryGroups() : this.#fileGroups(this.#file)) {
      yield this.#undone.length === 0 ? group : this.#withoutUndone(group, first);
      first += group.length;
    }
  }

  async *#fileGroups(file: SpillFile): AsyncGenerator<readonly RowsEvent[]> {
    for (let index = 0; index < file.blockCount; index++) yield this.#readBlock(await file.read(index));
  }

  /** @param first number of the group's first event */
  #withoutUndone(group: readonly RowsEvent[], first: number): readonly RowsEvent[] {
    return group.filter(
      (_, index) => !this.#undone.some(({ from, to }) => first + index >= from && first + index < to),
    );
  }

  dispose(): void {
    this.#file?.dispose();
    this.#memory = [];
  }

  *#memoryGroups(): Generator<readonly RowsEvent[]> {
    if (this.#memoryBytes <= GROUP_BYTES) {
      yield this.#memory;
      return;
    }
    let group: RowsEvent[] = [];
    let bytes = 0;
    for (const event of this.#memory) {
      group.push(event);
      bytes += event.rows.length;
      if (bytes < GROUP_BYTES) continue;
      yield group;
      group = [];
      bytes = 0;
    }
    if (group.length > 0) yield group;
  }

  async #spill(): Promise<void> {
    this.#file = await SpillFile.create(this.#options.spillDirectory);
    for (const event of this.#memory) {
      this.#write(event);
      await this.#flush(GROUP_BYTES);
    }
    this.#memory = [];
    this.#memoryBytes = GROUP_BYTES;
  }

  #flush(fromBytes: number): undefined | Promise<void> {
    const block = this.#block;
    if (block === null || this.#file === null || block.position < fromBytes) return undefined;
    this.#options.onSpill?.(block.position);
    return this.#file.append(block.view()).then(() => block.reset());
  }

  #releaseBlock(): void {
    this.#block = null;
    this.#memoryBytes = EVENT_OVERHEAD_BYTES;
  }

  #write(event: RowsEvent): void {
    const block = (this.#block ??= new ByteSink(GROUP_BYTES + 64 * 1024));
    this.#binlogFile = event.file;
    this.#writeQuery(block, event.query);
    block.reserve(64);
    const { buffer } = block;
    let at = block.position;
    at = buffer.writeUInt32LE(indexIn(this.#tables, event.table), at);
    const partial = event.isPartialJson === true ? PARTIAL_JSON : 0;
    at = buffer.writeUInt8(OPERATIONS.indexOf(event.operation) | partial, at);
    at = buffer.writeUInt32LE(event.timestampSeconds, at);
    at = buffer.writeBigUInt64LE(BigInt(event.startOffset), at);
    at = buffer.writeUInt16LE(event.columnsBefore.length, at);
    at = buffer.writeUInt16LE(event.columnsAfter.length, at);
    at = buffer.writeUInt32LE(event.rows.length, at);
    block.position = at;
    block.writeBytes(event.columnsBefore);
    block.writeBytes(event.columnsAfter);
    block.writeBytes(event.rows);
  }

  /** The text once a statement and block: a statement of many events would multiply it. */
  #writeQuery(block: ByteSink, query: string | null): void {
    const isRepeated = block.position > 0 && query === this.#lastQuery;
    this.#lastQuery = query;
    if (isRepeated || query === null) {
      block.writeByte(isRepeated ? QUERY_REPEATED : QUERY_ABSENT);
      return;
    }
    block.writeByte(QUERY_FOLLOWS);
    const text = Buffer.from(query, 'utf8');
    block.reserve(4);
    block.position = block.buffer.writeUInt32LE(text.length, block.position);
    block.writeBytes(text);
  }

  #readBlock(bytes: Buffer): RowsEvent[] {
    const reader = new ByteReader(bytes);
    const events: RowsEvent[] = [];
    const file = this.#binlogFile;
    let query: string | null = null;
    while (reader.remaining > 0) {
      const kind = reader.uint8();
      if (kind === QUERY_ABSENT) query = null;
      else if (kind === QUERY_FOLLOWS) query = reader.text(reader.uint32());
      const table = at(this.#tables, reader.uint32());
      const flags = reader.uint8();
      const operation = at(OPERATIONS, flags & ~PARTIAL_JSON);
      const timestampSeconds = reader.uint32();
      const startOffset = Number(reader.uint64());
      const beforeLength = reader.uint16();
      const afterLength = reader.uint16();
      const rowsLength = reader.uint32();
      const columnsBefore = reader.bytes(beforeLength);
      const columnsAfter = reader.bytes(afterLength);
      const rows = reader.bytes(rowsLength);
      events.push({
        table,
        operation,
        timestampSeconds,
        startOffset,
        file,
        columnsBefore,
        columnsAfter,
        rows,
        query,
        ...((flags & PARTIAL_JSON) === 0 ? {} : { isPartialJson: true }),
      });
    }
    return events;
  }
}

/** Index of the value, searched from the end, where the statement at hand stands; appended where it is new. */
function indexIn<T>(values: T[], value: T): number {
  const index = values.lastIndexOf(value);
  return index >= 0 ? index : values.push(value) - 1;
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`no entry ${index}`);
  return value;
}
