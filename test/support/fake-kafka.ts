import { expect } from 'vitest';
import type { KafkaNetwork } from '../../src/kafka/kafka-network.ts';
import { BatchTooLargeError } from '../../src/kafka/produce-request.ts';
import { pendingRecords } from '../../src/kafka/record-batch-reader.ts';
import type { TransactionalSession, TransactionPart } from '../../src/kafka/transactional-session.ts';
import type { PositionRecord } from '../../src/model/position-record.ts';
import type { FencedSession } from '../../src/produce/kafka-output.ts';
import { samplePositionRecord } from './sample-position-record.ts';

/** Where a producer meets its error; `commit-after`: the commit stands, its answer is lost. */
export type Fault = 'write' | 'commit-before' | 'commit-after';

/** Kafka as KafkaOutput sees it through fenced sessions: it keeps what was committed, and fails where a test says. */
export class FakeKafka {
  committed: PositionRecord | null = samplePositionRecord(5, 0);
  readonly committedIds: string[] = [];
  end = 10n;
  readonly faults: { at: Fault; error: Error }[] = [];
  /** Bytes that a batch may have. */
  maxBatchBytes = Infinity;
  opened = 0;

  fence(): FencedSession {
    this.opened++;
    let written: readonly TransactionPart[] = [];
    let isBroken = false;
    const fault = (at: Fault): void => {
      expect(isBroken).toBe(false); // a producer is never used after its first error
      if (this.faults[0]?.at !== at) return;
      isBroken = true;
      throw (this.faults.shift() as { error: Error }).error;
    };
    const session = {
      write: (parts: readonly TransactionPart[]) => {
        written = parts;
        fault('write');
        for (const part of parts)
          for (const batch of part.batches)
            if (batch.plain.length > this.maxBatchBytes && part.topic !== 'positions')
              throw new BatchTooLargeError({ ...part, batch }, 10);
        const baseOffset = this.end;
        this.end += 1n;
        return Promise.resolve([{ topic: 'positions', partition: 0, baseOffset }]);
      },
      commit: () => {
        fault('commit-before');
        this.#apply(written);
        this.end += 1n;
        fault('commit-after');
        return Promise.resolve();
      },
      abandon: () => Promise.resolve(),
    };
    return {
      network: { destroy: () => undefined } as unknown as KafkaNetwork,
      session: session as unknown as TransactionalSession,
      last: { record: this.committed, offset: this.end - 2n, end: this.end },
    };
  }

  #apply(parts: readonly TransactionPart[]): void {
    for (const { topic, batches } of parts) {
      for (const { headers, value, key } of batches.flatMap(pendingRecords)) {
        if (topic === 'positions') this.committed = JSON.parse(String(value)) as PositionRecord;
        else if (topic === 'dead') this.committedIds.push(`dead:${headers.get('message_id')}:${String(key)}`);
        else this.committedIds.push(headers.get('message_id') ?? '');
      }
    }
  }
}
