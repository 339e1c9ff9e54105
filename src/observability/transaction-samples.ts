import { SampleReservoir } from './sample-reservoir.ts';

/** What is noted of source transactions as they are done with, for the metrics under Maxwell's names. */
export class TransactionSamples {
  /** Seconds from the commit at the source to the end of the commit in Kafka. */
  readonly ageSeconds = new SampleReservoir();
  /** Seconds from the first write of a Kafka transaction to the answer to its commit. */
  readonly publishSeconds = new SampleReservoir();
  /** Rows of a source transaction: written and filtered. */
  readonly rows = new SampleReservoir();
  /** Transactions whose age was over the objective. */
  sloViolations = 0;
  readonly #sloSeconds: number;

  /** @param sloSeconds option metrics_age_slo; null: no objective */
  constructor(sloSeconds: number | null) {
    this.#sloSeconds = sloSeconds ?? Infinity;
  }

  /** @param commitTimestampUs microseconds since 1970 @param nowMs milliseconds since 1970 */
  addAge(commitTimestampUs: number, nowMs: number): void {
    const seconds = Math.max(0, nowMs - commitTimestampUs / 1000) / 1000;
    this.ageSeconds.add(seconds);
    if (seconds > this.#sloSeconds) this.sloViolations++;
  }
}
