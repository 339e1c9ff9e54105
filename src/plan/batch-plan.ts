export interface BatchInput {
  /** Records a second at the busiest time, over all partitions. */
  readonly throughput: number;
  readonly partitions: number;
  /** Mean bytes of key and value. */
  readonly recordBytes: number;
  /** Bytes of the largest record. */
  readonly largestBytes: number;
  /** kafka_transaction_max_ms: how long records gather at most. */
  readonly gatherMs: number;
}

export interface BatchAdvice {
  /** kafka.batch.size */
  readonly batchBytes: number;
  /** kafka.linger.ms */
  readonly lingerMs: number;
  /** Why. */
  readonly reason: string;
}

/** Below this a batch is mostly its own headers and its request, and compression finds little to repeat. */
const WORTHWHILE_BYTES = 16 * 1024;
/** One request of a producer: larger batches only delay. */
const LARGEST_BYTES = 1024 * 1024;
/** A commit takes about this long, and what comes meanwhile gathers without any linger. */
const COMMIT_MS = 10;

const powerOfTwo = (bytes: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, bytes)));

/** Room for what comes for one partition while records gather, and a wait only where it fills a batch. */
export function adviseBatch(input: BatchInput): BatchAdvice {
  const { throughput, partitions, recordBytes, largestBytes, gatherMs } = input;
  const bytesPerMs = (throughput * recordBytes) / partitions / 1000;
  const wanted = Math.max(WORTHWHILE_BYTES, bytesPerMs * gatherMs, largestBytes);
  const batchBytes = Math.max(powerOfTwo(largestBytes), Math.min(LARGEST_BYTES, powerOfTwo(wanted)));
  const fillMs = Math.ceil(WORTHWHILE_BYTES / bytesPerMs);
  if (fillMs <= COMMIT_MS)
    return {
      batchBytes,
      lingerMs: 0,
      reason: `a partition gets 16 KiB in ${fillMs} ms: a commit gathers them by itself`,
    };
  if (fillMs <= gatherMs)
    return {
      batchBytes,
      lingerMs: fillMs,
      reason: `a partition gets 16 KiB in ${fillMs} ms: so long a batch is worth waiting for`,
    };
  return { batchBytes, lingerMs: 0, reason: 'so few records come that no wait would fill a batch' };
}
