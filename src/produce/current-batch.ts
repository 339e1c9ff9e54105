import type { ByteSink } from '../model/byte-sink.ts';
import type { RecordSink } from '../model/record-sink.ts';
import type { OutputBatch } from './output.ts';

/** The batch that is being filled, behind one sink: a full one is swapped for the next in the middle of a transaction. */
export class CurrentBatch implements RecordSink {
  readonly #create: () => OutputBatch;
  #batch: OutputBatch;
  #transactionId = '';

  constructor(create: () => OutputBatch) {
    this.#create = create;
    this.#batch = create();
  }

  get batch(): OutputBatch {
    return this.#batch;
  }

  /** Gives the batch out and begins the next one, inside the same source transaction. */
  swap(): OutputBatch {
    const full = this.#batch;
    this.#batch = this.#create();
    this.#batch.beginTransaction(this.#transactionId);
    return full;
  }

  partitionCount(topic: string): number | undefined {
    return this.#batch.partitionCount(topic);
  }

  prepareTopic(topic: string): Promise<void> {
    return this.#batch.prepareTopic(topic);
  }

  beginTransaction(transactionId: string): void {
    this.#transactionId = transactionId;
    this.#batch.beginTransaction(transactionId);
  }

  beginRecord(topic: string, partition: number): ByteSink {
    return this.#batch.beginRecord(topic, partition);
  }

  endKey(): void {
    this.#batch.endKey();
  }

  endRecord(index: number | string): void {
    this.#batch.endRecord(index);
  }

  isFull(): boolean {
    return this.#batch.isFull();
  }
}
