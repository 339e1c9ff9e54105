import type { FetchedPartition } from './fetch-request.ts';

/** What of a batch tells whether it counts under read_committed. */
export interface ProducedBatch {
  readonly producerId: bigint;
  /** Offset behind its last record. */
  readonly nextOffset: bigint;
  readonly isControl: boolean;
}

export interface MarkedBatch<B> {
  readonly batch: B;
  readonly isAborted: boolean;
}

/** As Java's Fetcher does: a producer's batches are aborted from the offset that the broker names up to its abort marker. */
export function markAborted<B extends ProducedBatch>(
  batches: readonly B[],
  aborted: FetchedPartition['aborted'],
): MarkedBatch<B>[] {
  const pending = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const abortedNow = new Set<bigint>();
  return batches.map((batch) => {
    for (let next = pending[0]; next && next.firstOffset < batch.nextOffset; next = pending[0]) {
      abortedNow.add(next.producerId);
      pending.shift();
    }
    if (batch.isControl) abortedNow.delete(batch.producerId);
    return { batch, isAborted: abortedNow.has(batch.producerId) };
  });
}
