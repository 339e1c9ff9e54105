import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { HeavisideError } from '../errors.ts';
import { ByteSink } from '../model/byte-sink.ts';
import type { PositionRecord } from '../model/position-record.ts';
import type { CommitReceipt, Output, OutputBatch } from './output.ts';

/** Values as lines; keys and headers have no place there. */
class LineBatch implements OutputBatch {
  readonly sink = new ByteSink();
  recordCount = 0;
  readonly #maxBytes: number;
  #valueStart = 0;
  #before = { position: 0, recordCount: 0 };

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get byteLength(): number {
    return this.sink.position;
  }

  partitionCount(): number {
    return 1;
  }

  prepareTopic(): Promise<void> {
    return Promise.resolve();
  }

  beginTransaction(): void {
    this.#before = { position: this.sink.position, recordCount: this.recordCount };
  }

  rollbackTransaction(): void {
    this.sink.position = this.#before.position;
    this.recordCount = this.#before.recordCount;
  }

  beginRecord(): ByteSink {
    this.#valueStart = this.sink.position;
    return this.sink;
  }

  endKey(): void {
    this.sink.position = this.#valueStart; // the key is not shown
  }

  endRecord(): void {
    this.sink.writeByte(0x0a);
    this.recordCount++;
  }

  isFull(): boolean {
    return this.byteLength >= this.#maxBytes;
  }
}

/** A pipe or a device has no size, and no line that was left in it. */
async function endsInsideLine(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size === 0) return false;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] !== 0x0a;
  } finally {
    await file.close();
  }
}

/** Writes each record's value as a line to stdout or a file: for trying it without Kafka, as Maxwell. */
export class LineOutput implements Output {
  readonly #stream: Writable;
  readonly #ownsStream: boolean;
  readonly #maxBatchBytes: number;
  readonly #name: string;
  #failure: Error | null = null;

  private constructor(
    stream: Writable,
    options: { name: string; ownsStream: boolean; maxBatchBytes: number },
  ) {
    this.#stream = stream;
    this.#name = options.name;
    this.#ownsStream = options.ownsStream;
    this.#maxBatchBytes = options.maxBatchBytes;
    stream.on('error', (error) => (this.#failure = error));
  }

  static stdout(maxBatchBytes: number): LineOutput {
    return new LineOutput(process.stdout, { name: 'stdout', ownsStream: false, maxBatchBytes });
  }

  /** Appends to the file; a line that a crash cut off is ended first. Rejects with OUTPUT_UNWRITABLE. */
  static async file(path: string, maxBatchBytes: number): Promise<LineOutput> {
    const stream = createWriteStream(path, { flags: 'a' });
    try {
      await once(stream, 'open');
      if (await endsInsideLine(path)) stream.write('\n');
    } catch (error) {
      throw new HeavisideError('OUTPUT_UNWRITABLE', `output_file ${path} cannot be opened`, { cause: error });
    }
    return new LineOutput(stream, { name: path, ownsStream: true, maxBatchBytes });
  }

  createBatch(): OutputBatch {
    return new LineBatch(this.#maxBatchBytes);
  }

  async commit(batch: OutputBatch, _record: PositionRecord): Promise<CommitReceipt> {
    if (!(batch instanceof LineBatch)) throw new HeavisideError('INTERNAL', 'a batch of another output');
    if (batch.byteLength > 0) {
      await new Promise<void>((resolve, reject) => {
        this.#stream.write(batch.sink.view(), (error) => {
          const failure = error ?? this.#failure;
          if (failure)
            reject(
              new HeavisideError('OUTPUT_UNWRITABLE', `writing to ${this.#name} failed: ${failure.message}`),
            );
          else resolve();
        });
      });
    }
    return { positionsOffset: null };
  }

  pinnedPartitions(): Record<string, number> {
    return {};
  }

  async close(): Promise<void> {
    if (!this.#ownsStream) return;
    this.#stream.end();
    await once(this.#stream, 'close').catch(() => undefined);
  }
}
