import { defaultEncodeOptions, type EncodeOptions } from '../../src/encode/encode-options.ts';
import type { PassedOverRow } from '../../src/encode/passed-over-rows.ts';
import {
  type SplitPoint,
  type SplitResume,
  TransactionEncoder,
} from '../../src/encode/transaction-encoder.ts';
import type { EncodedRows } from '../../src/model/batch-tally.ts';
import type { SourceTransaction } from '../../src/model/transaction.ts';
import { type CollectedRecord, CollectingSink } from './collecting-sink.ts';

export interface Encoded {
  readonly records: readonly CollectedRecord[];
  readonly splits: readonly SplitPoint[];
  readonly summary: EncodedRows;
  readonly sink: CollectingSink;
  readonly passedOver: readonly PassedOverRow[];
}

/** Encodes a transaction as the pipeline does, with a new encoder; a full sink is drained. */
export async function encodeTransaction(
  source: SourceTransaction,
  options: Partial<EncodeOptions> = {},
  more: { sink?: CollectingSink; resume?: SplitResume } = {},
): Promise<Encoded> {
  const sink = more.sink ?? new CollectingSink();
  const passedOver: PassedOverRow[] = [];
  const encoder = new TransactionEncoder({ ...defaultEncodeOptions, ...options }, undefined, {
    onPassedOver: (row) => passedOver.push(row),
  });
  const splits: SplitPoint[] = [];
  const steps = encoder.encode(source, sink, more.resume ?? null);
  for (;;) {
    const step = await steps.next();
    if (step.done === true) return { records: sink.records, splits, summary: step.value, sink, passedOver };
    splits.push(step.value);
    sink.drain();
  }
}
